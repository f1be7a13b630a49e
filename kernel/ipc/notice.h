/* notice.h - binding notices to servers, and posting them; what a notice is stands in object/notice.h. */
#pragma once
#include "ipc/server.h"

void notice_bind(struct notice *notice, struct server *server, uintptr_t badge, unsigned priority);
void notice_unbind(struct notice *notice);          /* and leave the queue; harmless if unbound */
void notice_post(struct notice *notice, unsigned kind, uintptr_t bits);
