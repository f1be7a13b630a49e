/* names.h - the protocol of the name server: paths to connections.
 *
 * Paths are like `svc/log`, `dev/console`, `irq/10`: 1 to NAMES_PATH_BYTES of UTF-8, parts separated by single
 * slashes, no part empty, `.` or `..`, no control characters. Every process gets at birth one connection to names,
 * whose badge stands for its name space: it sees and reaches what its manifest allows and nothing else. What the
 * manifest does not allow is NOT_FOUND, whether it exists or not.
 *
 * Publishing a name needs a publish connection, which stands for exactly that name and is given to the program
 * whose manifest publishes it. A published service is one of two kinds:
 *   forwarded  each connect is forwarded as INTERFACE_CONNECT; the service mints a connection for that client
 *   shared     all clients get a copy of the published connection: for services that need not tell them apart
 * A publisher that dies takes its names with it, unless its server outlives it. */
#pragma once
#include "idl/interface.h"

enum { NAMES_PROTOCOL = 0x6e616d65 /* "name" */, NAMES_VERSION = 1 << 16 | 0, NAMES_PATH_BYTES = 60 };

/* --- for every program ----------------------------------------------------------------------------------- */

/* connect: a connection to the service at a path.
 *   in   word[0] NAMES_WAIT: wait, up to the call's deadline, for a name that is allowed but not published yet;
 *                NAMES_NOW: NOT_READY instead
 *        bytes   path
 *   out  handle  connection
 * NOT_FOUND, NOT_READY, FULL (one waiting connect a process), and what the service answers. */
enum { NAMES_CONNECT = 2 };
enum { NAMES_WAIT = 0, NAMES_NOW = 1 };

/* list: the n-th name this name space can see, in the order of the system description. idempotent.
 *   in   word[0] n, from 0; word[4] room
 *   out  word[0] flags: NAMES_IS_PUBLISHED, NAMES_IS_SHARED; word[1] process number of the publisher, 0: none
 *        bytes   path
 * END after the last. */
enum { NAMES_LIST = 3 };
enum { NAMES_IS_PUBLISHED = 1, NAMES_IS_SHARED = 2 };

/* identify: the public ID of what is published at a path, to be stored as a reference. idempotent.
 *   in   bytes   path
 *   out  word[0] to word[3]: the ID, 32 bits a word
 * NOT_FOUND, NOT_READY. */
enum { NAMES_IDENTIFY = 4 };

/* resolve: connect by ID. Needs `resolve` in the manifest, and the name must be one that connect would reach.
 *   in   word[0] to word[3]: the ID
 *   out  handle  connection
 * DENIED, NOT_FOUND, and what the service answers. */
enum { NAMES_RESOLVE = 5 };

/* ready: have all names of the system description been published? idempotent.
 *   out  word[0] names that are published, word[1] names that are declared */
enum { NAMES_READY = 6 };

/* --- on a publish connection ----------------------------------------------------------------------------- */

/* publish: this name now means that connection. Publishing again replaces; closing the publish connection, or the
 * death of its holder, unpublishes. may send.
 *   in   word[0] NAMES_FORWARDED or NAMES_SHARED
 *        handle  a connection to the service [CALL, TRANSFER; shared: what clients shall get] */
enum { NAMES_PUBLISH = 7 };
enum { NAMES_FORWARDED = 0, NAMES_SHARED = 1 };

/* unpublish: this name means nothing any more. may send. */
enum { NAMES_UNPUBLISH = 8 };

/* --- on init's control connection ------------------------------------------------------------------------ */

/* declare: there is a name. Declaring it again changes nothing. may send.
 *   in   word[0] its number, 0 to NAMES_MAX - 1;  bytes path
 * MALFORMED, EXISTS (the number means another path), FULL. */
enum { NAMES_DECLARE = 9, NAMES_MAX = 64 };

/* allow: name spaces of a profile see a path, or, where it ends in a slash and an asterisk, all below it. may send.
 *   in   word[0] profile, 0 to NAMES_PROFILES_MAX - 1; word[1] flags: NAMES_MAY_RESOLVE, and
 *                NAMES_ONLY_LIST: seen in lists, but connect answers NOT_FOUND;  bytes pattern
 * MALFORMED, FULL. */
enum { NAMES_ALLOW = 10 };
enum { NAMES_MAY_RESOLVE = 1, NAMES_ONLY_LIST = 2 };

/* publish_for: publish on behalf of a service whose server init holds. may send.
 *   in   word[0] number of the name, word[1] NAMES_FORWARDED or NAMES_SHARED, word[2] process number of the service
 *        handle  as in publish
 * NOT_FOUND. */
enum { NAMES_PUBLISH_FOR = 11 };

/* Badges of the connections that init mints: a kind, a profile or the number of a name, and a process number. */
enum {
	NAMES_BADGE_SPACE = 0,   /* with a profile: the handle `names` of a process */
	NAMES_BADGE_PUBLISH = 1, /* with the number of a name: its publish connection */
	NAMES_BADGE_KIND_SHIFT = 30,
	NAMES_BADGE_NUMBER_SHIFT = 23,
	NAMES_BADGE_NUMBER_MASK = 0x7f,
	NAMES_BADGE_PROCESS_MASK = (1 << NAMES_BADGE_NUMBER_SHIFT) - 1,
	NAMES_PROFILES_MAX = NAMES_BADGE_NUMBER_MASK + 1,
};
