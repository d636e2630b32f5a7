#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""report.py RESULTS: one table of what each gateway cost, the ratio to
biboumi, and the budget.  Exit code 1 when a budget is not kept."""
import json
import sys
from collections import defaultdict

OURS, PEER = "spectrum2", "biboumi"


def load(path):
    """{(label, users): {phase: [rows in order]}}"""
    runs = defaultdict(lambda: defaultdict(list))
    for line in open(path):
        row = json.loads(line)
        runs[row["label"], row["users"]][row["phase"]].append(row)
    return runs


def field(phase, key, scale=1):
    def value(run, _users):
        rows = run.get(phase)
        return rows[-1][key] * scale if rows and key in rows[-1] else None
    return value


def per_login(run, users):
    """Registering is part of getting in; biboumi has nothing to register."""
    rows = run.get("login")
    if not rows or rows[-1]["done"] < users:
        return None
    return rows[-1]["cpu_ms_per_user"]


def heap_per_user(run, users):
    rows = run.get("mem", [])
    if len(rows) < 2:
        return None
    return (rows[-1]["anon_mb"] - rows[0]["anon_mb"]) * 1024 / users


def idle(run, _users):
    for row in run.get("mem", []):
        if row.get("idle_secs"):
            return 100 * row["idle_cpu_s"] / row["idle_secs"]
    return None


# title, unit, value, budget ("peer": as much as the peer's)
ROWS = [
    ("XMPP to IRC", "us CPU/message",
     field("x2i-sat", "cpu_s_per_1000", 1000), "peer"),
    ("IRC to XMPP", "us CPU/message",
     field("i2x-sat", "cpu_s_per_1000", 1000), "peer"),
    ("room of 100", "us CPU/stanza",
     field("fan", "cpu_s_per_1000", 1000), 12),
    ("login", "ms CPU/user", per_login, 0.8),
    ("registration", "ms CPU/user",
     field("register", "cpu_ms_per_user"), None),
    ("heap", "KB/user added", heap_per_user, 12),
    ("idle", "% of a core", idle, 1),
    ("XMPP to IRC", "messages/s", field("x2i-sat", "per_s"), None),
    ("IRC to XMPP", "messages/s", field("i2x-sat", "per_s"), None),
    ("XMPP to IRC at 200/s", "ms p50", field("x2i-lat", "p50_ms"), None),
    ("XMPP to IRC at 200/s", "ms p99", field("x2i-lat", "p99_ms"), None),
    ("IRC to XMPP at 200/s", "ms p50", field("i2x-lat", "p50_ms"), None),
    ("IRC to XMPP at 200/s", "ms p99", field("i2x-lat", "p99_ms"), None),
    ("messages lost", "", lambda run, _: sum(
        row["lost"] for rows in run.values() for row in rows
        if "lost" in row) if "x2i-sat" in run else None, 0),
    ("left after stop", "processes", field("stop", "left_after_2s"), 0),
]


def number(value):
    if value is None:
        return "-"
    if abs(value) >= 100 or value == int(value):
        return "%d" % round(value)
    return "%.2f" % value


def main(path):
    runs = load(path)
    sizes = sorted({users for _, users in runs})
    form = "%-22s %-15s %6s %10s %10s %7s %8s %s"
    print("\n" + form % ("what", "unit", "users", OURS, PEER, "ratio",
                         "budget", ""))
    broken = 0
    for title, unit, value, budget in ROWS:
        for users in sizes:
            mine = value(runs.get((OURS, users), {}), users)
            its = value(runs.get((PEER, users), {}), users)
            if mine is None and its is None:
                continue
            ratio = "%.2f" % (mine / its) if mine is not None and its else "-"
            limit = its if budget == "peer" else budget
            verdict = ""
            if limit is not None:
                kept = mine is not None and mine <= limit
                verdict = "kept" if kept else "BROKEN"
                broken += not kept
            print(form % (title, unit, users, number(mine), number(its),
                          ratio, number(limit), verdict))
    print("\nbench: %s" % ("every budget is kept" if not broken else
                           "%d budgets are broken" % broken))
    return 1 if broken else 0


sys.exit(main(sys.argv[1]))
