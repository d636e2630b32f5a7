/* SPDX-License-Identifier: GPL-2.0-or-later */
/* contact_jabber.h - what prpl-jabber overlooks in rosters. */
#ifndef BACKENDS_PURPLE_CONTACT_JABBER_H
#define BACKENDS_PURPLE_CONTACT_JABBER_H

/* When libpurple and its protocols are there. */
void	contact_jabber_init(void);

#endif
