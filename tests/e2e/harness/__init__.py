# SPDX-License-Identifier: GPL-2.0-or-later
"""Real peers, the programs under test, and clients of our own."""
