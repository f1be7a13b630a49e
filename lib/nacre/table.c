/* table.c - a protocol as a table of methods. */
#include "nacre/table.h"
#include "base/bits.h"

static bool loan_fits(const struct nacre_method *method, const struct nacre_request *request)
{
	switch (method->loan) {
	case NACRE_LOAN_NONE:
		return !request->loan;
	case NACRE_LOAN_READ:
		return request->loan;
	case NACRE_LOAN_WRITE:
		return request->loan && request->loan_writable;
	}
	return true;
}

static bool request_fits(const struct nacre_method *method, const struct nacre_request *request)
{
	return request->size >= method->size_min && request->size <= method->size_max &&
	       request->handle_count >= method->handles_min && request->handle_count <= method->handles_max &&
	       loan_fits(method, request);
}

nacre_status_t nacre_serve_table(struct nacre_request *request, struct nacre_reply *reply, const void *table)
{
	const struct nacre_table *methods = table;
	uintptr_t opcode = request->words.opcode;
	const struct nacre_method *method;
	nacre_status_t status;

	if (opcode >= methods->count || !methods->methods[opcode].handle)
		return STATUS_METHOD;
	method = &methods->methods[opcode];
	if ((opcode == INTERFACE_CONNECT && !request->forwarded) || (!request->token && !method->by_send))
		return STATUS_METHOD;
	if (!request_fits(method, request))
		return STATUS_MALFORMED;
	status = method->handle(request, reply);
	if (method->answers_bytes)
		reply->size = min_size(reply->size, request->words.word[4]);
	return status;
}
