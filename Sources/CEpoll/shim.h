/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <sys/epoll.h>
#include <sys/eventfd.h>
