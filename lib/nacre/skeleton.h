/* skeleton.h - what the skeletons that tool/idl makes are built from. Nobody else calls these.
 *
 * A skeleton takes a request apart with nacre_in_...: each gives one parameter, and zero once something did not fit. The
 * first thing that did not fit stays in `status`, and the handler is not called. What it answered is put together with
 * nacre_out_... . The rules are those of doc/interfaces.md.
 *
 *   I1  whatever a nacre_in_... function gives lies in the receive buffer, in a loan, or on the caller's stack: memory
 *       that the client cannot change any more, but for the loan */
#pragma once
#include "nacre/server.h"

#ifdef __cplusplus
extern "C" {
#define NACRE_ZERO {}
#else
#define NACRE_ZERO { 0 }
#endif

/* --- taking a request apart -------------------------------------------------------------------------------- */

struct nacre_intake {
	struct nacre_request *request;
	nacre_status_t status;           /* STATUS_OK; MALFORMED, NEWER or an error: what did not fit */
	uint32_t at;                     /* copied bytes that were taken */
	uintptr_t odd;                   /* not 0: a word does not fit its type. nacre_in_end makes it MALFORMED */
};

static inline struct nacre_intake nacre_in(struct nacre_request *request)
{
	struct nacre_intake in = { request, STATUS_OK, 0, 0 };

	return in;
}

static inline void nacre_in_demand(struct nacre_intake *in, bool fits, nacre_status_t otherwise)
{
	if (!fits && in->status == STATUS_OK)
		in->status = otherwise;
}

/* Nothing may come along that the method does not take: `most` handles, no loan. */
static inline void nacre_in_shape(struct nacre_intake *in, uint32_t least, uint32_t most, bool may_lend)
{
	const struct nacre_request *request = in->request;

	in->odd |= request->handle_count - least > most - least;
	if (!may_lend)
		in->odd |= (uintptr_t)request->loan;
}

/* Behind the last parameter that is a word or copied. */
static inline void nacre_in_end(struct nacre_intake *in)
{
	nacre_in_demand(in, in->at == in->request->size, STATUS_MALFORMED);
	if (in->odd)
		in->status = STATUS_MALFORMED;
}

/* Integers: by their place among the words. Two shifts, because one by the whole width is not defined. */
static inline uint32_t nacre_in_u32(struct nacre_intake *in, unsigned place)
{
	uintptr_t word = in->request->words.word[place];

	in->odd |= word >> 16 >> 16;
	return (uint32_t)word;
}

static inline bool nacre_in_bool(struct nacre_intake *in, unsigned place)
{
	uintptr_t word = in->request->words.word[place];

	in->odd |= word >> 1;
	return word != 0;
}

static inline uint8_t nacre_in_u8(struct nacre_intake *in, unsigned place)
{
	uintptr_t word = in->request->words.word[place];

	in->odd |= word >> 8;
	return (uint8_t)word;
}

static inline uint16_t nacre_in_u16(struct nacre_intake *in, unsigned place)
{
	uintptr_t word = in->request->words.word[place];

	in->odd |= word >> 16;
	return (uint16_t)word;
}

/* `limit`: one more than the greatest; the least is its negative. */
static inline int32_t nacre_in_signed(struct nacre_intake *in, unsigned place, uint32_t limit)
{
	uintptr_t word = in->request->words.word[place];

	in->odd |= word + limit >= 2 * (uintptr_t)limit;
	return (int32_t)word;
}

static inline int8_t nacre_in_i8(struct nacre_intake *in, unsigned place)
{
	return (int8_t)nacre_in_signed(in, place, 1u << 7);
}

static inline int16_t nacre_in_i16(struct nacre_intake *in, unsigned place)
{
	return (int16_t)nacre_in_signed(in, place, 1u << 15);
}

static inline int32_t nacre_in_i32(struct nacre_intake *in, unsigned place)
{
	if (sizeof(uintptr_t) == sizeof(int32_t))
		return (int32_t)in->request->words.word[place];
	return nacre_in_signed(in, place, 1u << 31);
}

static inline uint64_t nacre_in_u64(struct nacre_intake *in, unsigned place)
{
	uint32_t low = nacre_in_u32(in, place);

	return (uint64_t)nacre_in_u32(in, place + 1) << 32 | low;
}

static inline int64_t nacre_in_i64(struct nacre_intake *in, unsigned place)
{
	return (int64_t)nacre_in_u64(in, place);
}

static inline void nacre_in_id(struct nacre_intake *in, unsigned place, uint32_t id[4])
{
	for (unsigned i = 0; i < 4; i++)
		id[i] = nacre_in_u32(in, place + i);
}

/* Copied data. `known`: the struct's size here, `least`: in its oldest version. */
void nacre_in_struct(struct nacre_intake *in, void *structure, uint32_t known, uint32_t least);

enum nacre_run { NACRE_RUN_BYTES, NACRE_RUN_STRING, NACRE_RUN_STRINGS };

/* The length of the first of two runs; of the last one. */
uint32_t nacre_in_first(struct nacre_intake *in);
static inline uint32_t nacre_in_rest(const struct nacre_intake *in)
{
	return (uint32_t)in->request->size - in->at;
}

/* A run of `size` bytes, ended by a NUL if it is a string. */
const void *nacre_in_run(struct nacre_intake *in, enum nacre_run kind, uint32_t size, uint32_t least, uint32_t most);

/* A text[N] of a struct: UTF-8, then NUL to its end, at least one. */
bool nacre_in_text_fits(const char *text, uint32_t size);

/* Are all of these zero? What a newer version keeps where we have `reserved`. */
bool nacre_in_is_zero(const void *bytes, size_t size);

/* Pages that were lent, of which `size` bytes count; NULL where that is 0. */
void *nacre_in_loan(struct nacre_intake *in, uint32_t size, uint32_t least, uint32_t most, bool writable);

/* Handle `index` of those that came; NONE where it is one that need not be there, and is not. Type 0: of any. */
nacre_handle_t nacre_in_handle(struct nacre_intake *in, uint32_t index, uint32_t type, uint32_t rights);

/* How many copied bytes the caller has room for. */
struct nacre_room {
	size_t structure, run;
};

/* What the request says: for a struct or a run alone, in word 4, at least `least` and no more than `most` counts; for both,
 * word 3 is the struct's part of it. */
static inline uint32_t nacre_in_room(struct nacre_intake *in, uint32_t least, uint32_t most)
{
	uint32_t room = nacre_in_u32(in, 4);

	nacre_in_demand(in, room >= least, STATUS_MALFORMED);
	return room < most ? room : most;
}

static inline struct nacre_room nacre_in_rooms(struct nacre_intake *in, uint32_t most)
{
	uint32_t structure = nacre_in_u32(in, 3), total = nacre_in_u32(in, 4), run;
	struct nacre_room room;

	structure = structure < total ? structure : total;
	run = total - structure;
	room.structure = structure;
	room.run = run < most ? run : most;
	return room;
}

/* --- putting an answer together ---------------------------------------------------------------------------- */

static inline void nacre_out_u64(struct nacre_reply *reply, unsigned place, uint64_t value)
{
	reply->word[place] = (uint32_t)value;
	reply->word[place + 1] = (uint32_t)(value >> 32);
}

/* Memory for an answer's struct that lasts until the answer is sent, zeroed: the end of the receive buffer. */
void *nacre_out_space(struct nacre_request *request, size_t size);

/* As much of the struct as there is room for, by whole eights. */
void nacre_out_struct(struct nacre_reply *reply, void *structure, size_t size, size_t room);

/* TOO_LONG where there is no room for all of it. */
nacre_status_t nacre_out_run(struct nacre_reply *reply, const void *run, size_t size, size_t room);

/* A handle. One that must be there and is not makes the kernel refuse the answer, with BAD_HANDLE for the caller. One that
 * need not be there is left out, and so are those behind it. */
static inline void nacre_out_handle(struct nacre_reply *reply, nacre_handle_t handle)
{
	reply->handle[reply->handle_count++] = handle;
}

static inline void nacre_out_optional(struct nacre_reply *reply, nacre_handle_t handle)
{
	if (handle)
		nacre_out_handle(reply, handle);
}

/* What NAME_METHOD_answer does in the end: answers, and closes the handles that the reply says. */
nacre_status_t nacre_out_answer(nacre_token_t token, nacre_status_t status, struct nacre_reply *reply);

/* --- the method that all protocols share ------------------------------------------------------------------- */

/* Makes the client's own connection. It goes to the client, and this server's handle is closed. */
typedef nacre_status_t nacre_connect_handler(struct nacre_request *request, uint32_t process, nacre_handle_t *connection);

/* Leaves of a connection that was minted for a client what the client may have: to call, to signal, to pass it on. Not to
 * destroy it: the server would never hear that it is gone. On an error nothing is left. nacre_serve_connect does it. */
nacre_err_t nacre_client_rights(nacre_handle_t *connection);

nacre_status_t nacre_serve_connect(struct nacre_request *request, struct nacre_reply *reply, nacre_connect_handler *connect);

/* What NAME_run does: serves the handle `server` of this program. Answers an exit status. */
int nacre_serve_startup(const struct nacre_protocol *protocol, void *buffer, size_t buffer_size);

#ifdef __cplusplus
}
#endif
