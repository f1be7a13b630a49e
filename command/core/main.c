/* main.c - core: lists the cores that are kept (idl/cores.nid), and hands them to a host at a serial port. There it is asked
 * in lines, and answers so:
 *
 *     list           core SERIAL PROCESS CAUSE BYTES MISSING LABEL      for each, the last to die first; then
 *                    end
 *     get SERIAL     core BYTES                                         those bytes follow, then
 *                    sha256 HEX
 *
 * or `error: ` and a sentence. What comes from the host is no more than a request for what this port may have anyway. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/sha256.h"
#include "idl/cores_client.h"
#include "idl/serial_client.h"
#include "nacre/clock.h"

enum { LINE_BYTES = 64 };

static nacre_handle_t cores, port;

static int failed(const char *sentence)
{
	fprintf(stderr, "core: %s\n", sentence);
	return EXIT_FAILURE;
}

/* --- for a person ------------------------------------------------------------------------------------------- */

static int list(void)
{
	struct cores_core core;
	nacre_status_t status;
	uint32_t n = 0;

	for (; !(status = cores_core(cores, n, &core)); n++)
		printf("%s%4" PRIu32 "  %-15s process %-4" PRIu32 " %4" PRIu32 " KiB%s\n", n ? "" : "core  program\n", core.serial, core.label,
		       core.process, core.bytes / 1024, core.missing ? ", not all of its memory" : "");
	if (!n)
		puts("no program has died");
	return status == STATUS_END ? EXIT_SUCCESS : failed(nacre_error_sentence(status));
}

/* --- for a host --------------------------------------------------------------------------------------------- */

/* A driver that died before it answered may have sent the bytes: then they are there twice, and the hash tells. */
static nacre_status_t write_all(const void *from, size_t size)
{
	const char *bytes = from;
	nacre_status_t status = STATUS_OK;
	uint32_t taken;

	while (size && (!status || status == NACRE_E_PEER_GONE)) {
		status = serial_write(port, SERIAL_PATIENCE_WAIT, bytes, size < SERIAL_BYTES ? size : SERIAL_BYTES, &taken);
		if (status)
			continue;
		bytes += taken;
		size -= taken;
	}
	return status;
}

static nacre_status_t write_text(const char *text)
{
	return write_all(text, strlen(text));
}

static nacre_status_t send_list(void)
{
	struct cores_core core;
	char line[LINE_BYTES + 80];
	nacre_status_t status = STATUS_OK;

	for (uint32_t n = 0; !status && !cores_core(cores, n, &core); n++) {
		snprintf(line, sizeof(line), "core %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu32 " %s\n", core.serial, core.process,
			 core.cause, core.bytes, core.missing, core.label);
		status = write_text(line);
	}
	return status ? status : write_text("end\n");
}

/* NOT_FOUND: a core that is none, or that made room for another meanwhile. */
static nacre_status_t find(uint32_t serial, struct cores_core *core)
{
	nacre_status_t status;

	for (uint32_t n = 0; !(status = cores_core(cores, n, core)); n++)
		if (core->serial == serial)
			return STATUS_OK;
	return status == STATUS_END ? STATUS_NOT_FOUND : status;
}

/* What goes missing in the middle is made up with nothing: the host sees that hash and size are not right. */
static nacre_status_t send_bytes(uint32_t serial, uint32_t size, struct sha256 *hash)
{
	static uint8_t bytes[CORES_BYTES];
	nacre_status_t status = STATUS_OK;
	size_t run = 0;

	for (uint32_t at = 0; !status && at < size; at += (uint32_t)run) {
		if (cores_read(cores, serial, at, bytes, sizeof(bytes), &run)) {
			memset(bytes, 0, sizeof(bytes));
			run = size - at < sizeof(bytes) ? size - at : sizeof(bytes);
		} else {
			sha256_update(hash, bytes, run);
		}
		status = write_all(bytes, run);
	}
	return status;
}

static nacre_status_t send_core(uint32_t serial)
{
	struct sha256 hash;
	struct cores_core core;
	uint8_t digest[SHA256_BYTES];
	char line[2 * SHA256_BYTES + 16];
	nacre_status_t status = find(serial, &core);
	int size;

	if (status)
		return write_text("error: no core has this number now; list says which there are\n");
	snprintf(line, sizeof(line), "core %" PRIu32 "\n", core.bytes);
	status = write_text(line);
	sha256_init(&hash);
	if (!status)
		status = send_bytes(serial, core.bytes, &hash);
	if (status)
		return status;
	sha256_finish(&hash, digest);
	size = snprintf(line, sizeof(line), "sha256 ");
	for (size_t i = 0; i < SHA256_BYTES; i++)
		size += snprintf(line + size, sizeof(line) - (size_t)size, "%02x", digest[i]);
	snprintf(line + size, sizeof(line) - (size_t)size, "\n");
	return write_text(line);
}

static nacre_status_t answer(const char *line)
{
	char *end;
	unsigned long serial;

	if (!strcmp(line, "list"))
		return send_list();
	if (strncmp(line, "get ", 4) == 0 && line[4] >= '0' && line[4] <= '9') {
		serial = strtoul(line + 4, &end, 10);
		if (!*end && serial <= UINT32_MAX)
			return send_core((uint32_t)serial);
	}
	return write_text("error: ask for `list` or `get NUMBER`\n");
}

/* Longer lines are read to their end and are no request. Ends where the host hangs up. */
static nacre_status_t read_line(char line[LINE_BYTES])
{
	size_t length = 0, size;
	nacre_status_t status;
	char byte;

	for (;;) {
		status = serial_read(port, SERIAL_PATIENCE_WAIT, &byte, 1, &size);
		if (status == NACRE_E_PEER_GONE)
			continue;
		if (status || byte == '\n')
			break;
		if (length < LINE_BYTES - 1)
			line[length++] = byte;
	}
	line[length < LINE_BYTES - 1 ? length : 0] = 0;
	return status;
}

/* Nothing here is so urgent that it needs a mailbox for the port's signal. */
static nacre_status_t wait_for_host(void)
{
	struct serial_port about;
	nacre_status_t status;

	do {
		nacre_sleep_until(nacre_deadline_in(100 * NACRE_MS));
		status = serial_port(port, &about);
	} while (status == NACRE_E_PEER_GONE || (!status && about.state & SERIAL_PORT_STATE_HUNG_UP));
	return status;
}

/* A machine without this port has nobody to serve, and that is no failure. */
static int serve(const char *path)
{
	char line[LINE_BYTES];
	nacre_status_t status = serial_connect(path, &port);

	if (status == STATUS_NOT_FOUND)
		return EXIT_SUCCESS;
	while (!status || status == SERIAL_HUNG_UP) {
		status = read_line(line);
		if (!status)
			status = answer(line);
		else if (status == SERIAL_HUNG_UP)
			status = wait_for_host();
	}
	return failed(serial_error_sentence(status));
}

int main(int argc, char **argv)
{
	nacre_status_t status = cores_connect_lasting("svc/cores", &cores);

	if (status)
		return failed(nacre_error_sentence(status));
	if (argc == 1)
		return list();
	if (argc == 3 && !strcmp(argv[1], "serve"))
		return serve(argv[2]);
	fputs("usage: core                 lists the cores that are kept\n"
	      "       core serve PORT      hands them to a host at a serial port\n", stderr);
	return 2;
}
