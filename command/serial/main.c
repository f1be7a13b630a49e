/* main.c - serial: writes a line to a serial port, and shows what comes from there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "idl/serial_client.h"
#include "nacre/clock.h"

static nacre_handle_t port;

static int usage(void)
{
	puts("usage: serial [-p N] info\n"
	     "       serial [-p N] write TEXT    a line\n"
	     "       serial [-p N] read          waits for a line\n"
	     "       serial [-p N] fill          writes until the other end has taken nothing for a second\n"
	     "       serial [-p N] echo          sends back what comes, until the other end is closed");
	return 2;
}

static int failed(nacre_status_t status)
{
	printf("serial: %s\n", serial_error_sentence(status));
	return 1;
}

static int info(void)
{
	struct serial_port about;
	nacre_status_t status = serial_port(port, &about);

	if (status)
		return failed(status);
	printf("%s, %s, %llu bytes received, %llu sent\n", about.name[0] ? about.name : "without a name",
	       about.state & SERIAL_PORT_STATE_OPEN ? "open" : about.state & SERIAL_PORT_STATE_HUNG_UP ? "hung up" : "not open yet",
	       (unsigned long long)about.received, (unsigned long long)about.sent);
	return 0;
}

/* A driver that died before it answered may have sent the bytes: they are sent once more. */
static nacre_status_t write_all(const char *bytes, size_t size)
{
	nacre_status_t status = STATUS_OK;
	uint32_t taken;

	while (size && (!status || status == NACRE_E_PEER_GONE)) {
		status = serial_write(port, SERIAL_PATIENCE_WAIT, bytes, size < SERIAL_BYTES ? size : SERIAL_BYTES, &taken);
		bytes += taken;
		size -= taken;
	}
	return status;
}

static nacre_status_t read_some(char *bytes, size_t room, size_t *size)
{
	nacre_status_t status;

	do
		status = serial_read(port, SERIAL_PATIENCE_WAIT, bytes, room, size);
	while (status == NACRE_E_PEER_GONE);
	return status;
}

static int write_line(const char *text)
{
	nacre_status_t status = write_all(text, strlen(text));

	if (!status)
		status = write_all("\n", 1);
	return status ? failed(status) : 0;
}

static int read_line(void)
{
	char byte = 0;
	size_t size;
	nacre_status_t status = STATUS_OK;

	while (byte != '\n' && !(status = read_some(&byte, 1, &size)))
		putchar(byte);
	return status ? failed(status) : 0;
}

static int fill(void)
{
	char bytes[SERIAL_BYTES];
	unsigned long sent = 0;
	uint32_t taken;
	nacre_status_t status;

	memset(bytes, '.', sizeof(bytes));
	while (!(status = serial_write_until(port, nacre_deadline_in(NACRE_S), SERIAL_PATIENCE_WAIT, bytes, sizeof(bytes), &taken)))
		sent += taken;
	if (status != NACRE_E_TIMEOUT)
		return failed(status);
	printf("%lu bytes, and no more for a second\n", sent);
	return 0;
}

static int echo(void)
{
	char bytes[SERIAL_BYTES];
	size_t size;
	nacre_status_t status;

	do {
		status = read_some(bytes, sizeof(bytes), &size);
		if (!status)
			status = write_all(bytes, size);
	} while (!status);
	return status == SERIAL_HUNG_UP ? 0 : failed(status);
}

static int act(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "info"))
		return info();
	if (argc == 3 && !strcmp(argv[1], "write"))
		return write_line(argv[2]);
	if (argc == 2 && !strcmp(argv[1], "read"))
		return read_line();
	if (argc == 2 && !strcmp(argv[1], "fill"))
		return fill();
	if (argc == 2 && !strcmp(argv[1], "echo"))
		return echo();
	return usage();
}

int main(int argc, char **argv)
{
	char path[] = "dev/serial0";
	nacre_status_t status;

	if (argc > 2 && !strcmp(argv[1], "-p")) {
		if (strlen(argv[2]) != 1 || *argv[2] < '0' || *argv[2] > '3')
			return usage();
		path[sizeof(path) - 2] = *argv[2];
		argc -= 2;
		argv += 2;
	}
	status = serial_connect_now(path, &port);
	if (status == STATUS_NOT_READY || status == STATUS_NOT_FOUND) {
		printf("serial: there is no port %s; devices in the shell lists what there is\n", path);
		return 1;
	}
	return status ? failed(status) : act(argc, argv);
}
