/* SPDX-License-Identifier: GPL-2.0-or-later */
/* logging.h - where an instance and its backends log, and how much.
 * [logging] level, file and backend_file say it plainly; config and
 * backend_config name log4cxx property files of the C++ program, of which the
 * root logger's level and the first appender's File count. */
#ifndef MANAGER_LOGGING_H
#define MANAGER_LOGGING_H

#include "manager/config.h"
#include "util/log.h"

/* Paths of the log files, caller frees; NULL: standard error.  In the
 * backends' one BACKEND_ID stands for the number of the backend. */
char	*logging_file(const struct config *);
char	*logging_backend_file(const struct config *);
enum log_level	 logging_level(const struct config *);

/* Set the level and open the file.  A property file that cannot be read is a
 * warning and changes nothing. */
int	 logging_start(const struct config *, char **why) MUST_CHECK;

#endif
