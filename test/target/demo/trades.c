/* trades.c - what the clients of each service ask, and how they know that the answer is right. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "demo.h"
#include "idl/block_client.h"
#include "idl/console_client.h"
#include "idl/files_client.h"
#include "idl/log_client.h"
#include "idl/names_client.h"
#include "idl/rng_client.h"
#include "idl/rtc_client.h"
#include "idl/time_client.h"
#include "nacre/clock.h"
#include "nacre/names.h"
#include "nacre/startup.h"
#include "net.h"
#include "test/pattern.h"

static bool opened(const char *path, nacre_status_t status)
{
	if (status)
		say("demo: %s cannot be reached: %s\n", path, nacre_error_sentence(status));
	return !status;
}

/* --- virtio-blk: sectors, written and read back ------------------------------------------------------------ */

enum { PAGE = 4096, CLIENTS_MAX = 3, AREA_SECTORS = 256, DISK_BYTES_MAX = 16384 };

static nacre_handle_t disk;
static _Alignas(PAGE) uint8_t disk_pages[CLIENTS_MAX][DISK_BYTES_MAX];

static bool disk_open(void)
{
	return opened("dev/block0", block_connect("dev/block0", &disk));
}

static void disk_trip(struct client *client, size_t bytes)
{
	uint8_t *pages = disk_pages[client->number];
	uint32_t seed = ++client->round * CLIENTS_MAX + client->number;
	uint64_t sector = client->number * AREA_SECTORS + client->round % (AREA_SECTORS - DISK_BYTES_MAX / BLOCK_SECTOR_BYTES);
	nacre_status_t status;

	pattern_put(pages, bytes, seed);
	request_begin(client);
	do
		status = block_write(disk, sector, pages, bytes);
	while (request_again(client, status, IDEMPOTENT));
	if (!request_end(client, status, true, "a write to the disk"))
		return;
	memset(pages, 0xee, bytes);
	request_begin(client);
	do
		status = block_read(disk, sector, pages, bytes);
	while (request_again(client, status, IDEMPOTENT));
	request_end(client, status, pattern_is(pages, bytes, seed), "a read of the disk");
}

static void disk_work(struct client *client)
{
	disk_trip(client, ((client->round * 5 + client->number) % (DISK_BYTES_MAX / BLOCK_SECTOR_BYTES) + 1) * BLOCK_SECTOR_BYTES);
}

static void disk_probe(struct client *client)
{
	disk_trip(client, BLOCK_SECTOR_BYTES);
}

/* --- files: written and read back at places ---------------------------------------------------------------- */

enum { FILE_BYTES_MAX = 1024, FILE_PLACES = 16 };

static nacre_handle_t files;
static uint32_t file_numbers[CLIENTS_MAX];

static bool files_open_all(void)
{
	if (!opened("svc/files", files_connect("svc/files", &files)))
		return false;
	for (unsigned i = 0; i < CLIENTS_MAX; i++) {
		char path[] = "demo0";

		path[4] = (char)('0' + i);
		if (!opened(path, files_open(files, FILES_ROOT, FILES_OPENING_READABLE | FILES_OPENING_WRITABLE | FILES_OPENING_CREATE, 0644,
					     path, &file_numbers[i], NULL)))
			return false;
	}
	return true;
}

static void files_work(struct client *client)
{
	static uint8_t bytes[CLIENTS_MAX][FILE_BYTES_MAX];
	uint8_t *mine = bytes[client->number];
	uint32_t seed = ++client->round * CLIENTS_MAX + client->number, file = file_numbers[client->number], count = 0;
	uint64_t place = (uint64_t)(client->round % FILE_PLACES) * FILE_BYTES_MAX;
	size_t size = client->number ? client->round % FILE_BYTES_MAX + 1 : 64, length = 0;
	nacre_status_t status;

	pattern_put(mine, size, seed);
	request_begin(client);
	do
		status = files_write(files, file, place, 0, mine, size, &count, NULL);
	while (request_again(client, status, ONCE)); /* at a place: twice is as good as once */
	if (!request_end(client, status, count == size, "a write to a file"))
		return;
	memset(mine, 0xee, size);
	request_begin(client);
	do
		status = files_read(files, file, place, mine, size, &length);
	while (request_again(client, status, IDEMPOTENT));
	request_end(client, status, length == size && pattern_is(mine, size, seed), "a read of a file");
}

/* --- log: a line that was taken is found -------------------------------------------------------------------- */

enum { LOG_LOOKS = 24 };

static nacre_handle_t log_reader;

static bool log_open(void)
{
	return opened("svc/log-reader", log_connect("svc/log-reader", &log_reader));
}

/* Others of this program write lines meanwhile. */
static nacre_status_t log_find(struct client *client, const char *wanted, bool *found)
{
	char text[LOG_TEXT_BYTES + 1], label[16];
	struct log_record record = { 0 };
	nacre_status_t status = STATUS_OK;

	snprintf(label, sizeof(label), "%s", "demo");
	*found = false;
	for (unsigned i = 0; i < LOG_LOOKS && !status && !*found; i++) {
		do
			status = log_read(log_reader, record.number, LOG_LEVEL_DEBUG, LOG_READING_BACKWARD, label, &record, text,
					  sizeof(text), NULL);
		while (request_again(client, status, ONCE)); /* reading changes nothing */
		*found = !status && !strcmp(text, wanted);
	}
	return status;
}

static void log_work(struct client *client)
{
	nacre_handle_t log = nacre_startup_handle("log");
	char line[64];
	nacre_status_t status;
	bool found;

	snprintf(line, sizeof(line), "client %u, line %lu", client->number, (unsigned long)++client->round);
	request_begin(client);
	do
		status = log_write(log, LOG_LEVEL_DEBUG, line);
	while (request_again(client, status, ONCE)); /* a line that is there twice is no line lost */
	if (!request_end(client, status, true, "a line to the log"))
		return;
	request_begin(client);
	status = log_find(client, line, &found);
	if (crowded && !found && (!status || status == STATUS_END))
		return (void)request_end(client, STATUS_OK, true, NULL);
	request_end(client, status, found, "a line that the log had taken");
}

/* --- time and rtc: neither goes back ------------------------------------------------------------------------ */

static nacre_handle_t time_server, rtc;

static bool time_open(void)
{
	return opened("svc/time", time_connect("svc/time", &time_server));
}

static bool rtc_open(void)
{
	return opened("dev/rtc", rtc_connect("dev/rtc", &rtc));
}

static void time_work(struct client *client)
{
	uint64_t offset_ns = 0, now_ns;
	bool known = false;
	nacre_status_t status;

	request_begin(client);
	do
		status = time_wall(time_server, &offset_ns, NULL, &known);
	while (request_again(client, status, IDEMPOTENT));
	now_ns = offset_ns + nacre_clock_ns();
	if (!request_end(client, status, known && now_ns >= client->last, "the time of day"))
		return;
	client->last = now_ns;
}

static void rtc_work(struct client *client)
{
	uint64_t now_ns = 0;
	nacre_status_t status;

	request_begin(client);
	do
		status = rtc_read(rtc, &now_ns);
	while (request_again(client, status, IDEMPOTENT));
	if (!request_end(client, status, now_ns && now_ns >= client->last, "the real-time clock"))
		return;
	client->last = now_ns;
}

/* --- names: what there is, and what there is not ------------------------------------------------------------ */

static bool names_open(void)
{
	return true;
}

static void names_work(struct client *client)
{
	static const char *const paths[] = { "svc/time", "dev/rtc", "svc/rng" };
	const char *path = paths[++client->round % ARRAY_SIZE(paths)];
	nacre_handle_t found = NACRE_HANDLE_NONE;
	nacre_status_t status;

	request_begin(client);
	do
		status = nacre_connect_now(path, &found);
	while (request_again(client, status, IDEMPOTENT));
	if (request_end(client, status, found != NACRE_HANDLE_NONE, path))
		nacre_handle_close(found);
}

/* --- rng: bytes that were not there before ------------------------------------------------------------------ */

static nacre_handle_t rng;

static bool rng_open(void)
{
	return opened("svc/rng", rng_connect("svc/rng", &rng));
}

static void rng_work(struct client *client)
{
	struct { uint64_t first; uint8_t rest[56]; } bytes = { 0 };
	nacre_status_t status;
	size_t length = 0;

	request_begin(client);
	do
		status = rng_bytes(rng, (uint8_t *)&bytes, sizeof(bytes), &length);
	while (request_again(client, status, ONCE)); /* what was lost with a generator nobody else gets */
	if (request_end(client, status, length == sizeof(bytes) && bytes.first && bytes.first != client->last, "random bytes"))
		client->last = bytes.first;
}

/* --- console: lines with numbers, which the host looks for ---------------------------------------------------- */

static bool console_open_it(void)
{
	return console != NACRE_HANDLE_NONE;
}

static void console_line(struct client *client)
{
	char line[80];
	int size = snprintf(line, sizeof(line), "~ %06lu requests %lu deaths %lu ~\n", (unsigned long)++client->round,
			    (unsigned long)all_requests(), (unsigned long)deaths);
	nacre_status_t status;

	request_begin(client);
	status = say_bytes(client, line, (size_t)size);
	request_end(client, status, true, "a line to the console");
}

static void console_probe(struct client *client)
{
	nacre_status_t status;

	request_begin(client);
	do
		status = console_watch(console, CONSOLE_READY_WRITABLE, 0, NACRE_HANDLE_NONE, NULL);
	while (request_again(client, status, ONCE)); /* it asks, and leaves nothing there */
	request_end(client, status, true, "the console's state");
}

/* Not more lines than somebody can look at. */
static void console_work(struct client *client)
{
	if (nacre_clock_ns() < client->last)
		return console_probe(client);
	client->last = nacre_deadline_in(2 * NACRE_MS);
	console_line(client);
}

/* --- all ------------------------------------------------------------------------------------------------------ */

const struct trade trades[] = {
	{ "virtio-blk", "sectors written, read back, compared", 2, disk_open, disk_work, disk_probe, true, false },
	{ "virtio-net", "ARP and ICMP echo to 10.0.2.2", 1, net_open, net_work, net_probe, true, false },
	{ "uart16550", "lines with numbers on the console", 1, console_open_it, console_work, console_probe, true, false },
	{ "goldfish-rtc", "the real-time clock", 1, rtc_open, rtc_work, rtc_work, true, false },
	{ "rng", "random bytes", 1, rng_open, rng_work, rng_work, false, false },
	{ "files", "files written, read back, compared", 2, files_open_all, files_work, files_work, false, false },
	{ "names", "names looked up", 1, names_open, names_work, names_work, false, true },
	{ "log", "lines written and found again", 1, log_open, log_work, log_work, false, false },
	{ "time", "the time of day", 1, time_open, time_work, time_work, false, false },
};
const unsigned trade_count = ARRAY_SIZE(trades);
