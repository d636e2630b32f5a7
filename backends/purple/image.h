/* SPDX-License-Identifier: GPL-2.0-or-later */
/* image.h - pictures inside of messages. */
#ifndef BACKENDS_PURPLE_IMAGE_H
#define BACKENDS_PURPLE_IMAGE_H

#include "backends/purple/markup.h"
#include "protocol/schema.h"

/* Each of the pictures of this text as a message like the template, whose body
 * is the address; where none can be received, a word about it. */
void	image_tell(const struct msg_message *like, const struct markup *text);

#endif
