/* packet.c - packets of the gdb remote serial protocol. */
#include "packet.h"
#include "base/format.h"
#include "base/string.h"

enum { OUTSIDE, INSIDE, SUM_HIGH, SUM_LOW };
enum { INTERRUPT = 0x03, ESCAPE = '}', ESCAPED = 0x20, TAIL_BYTES = 3 };

static const char digits[] = "0123456789abcdef";

static int digit_value(uint8_t byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	byte |= 0x20;
	return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* --- in --------------------------------------------------------------------------------------------------- */

static void begin(struct packet_reader *reader)
{
	reader->state = INSIDE;
	reader->sum = 0;
	reader->size = 0;
	reader->escaped = reader->too_long = false;
}

static enum packet_event take_outside(struct packet_reader *reader, uint8_t byte)
{
	if (byte == '$')
		begin(reader);
	return byte == '-' ? PACKET_AGAIN : byte == INTERRUPT ? PACKET_INTERRUPT : PACKET_MORE;
}

static void take_inside(struct packet_reader *reader, uint8_t byte)
{
	if (byte == '#') {
		reader->state = SUM_HIGH;
		return;
	}
	reader->sum = (uint8_t)(reader->sum + byte);
	if (byte == ESCAPE && !reader->escaped) {
		reader->escaped = true;
		return;
	}
	if (reader->size == PACKET_BYTES)
		reader->too_long = true;
	else
		reader->data[reader->size++] = (char)(reader->escaped ? byte ^ ESCAPED : byte);
	reader->escaped = false;
}

static enum packet_event take_sum(struct packet_reader *reader, uint8_t byte)
{
	int value = digit_value(byte);

	if (value >= 0 && reader->state == SUM_HIGH) {
		reader->given = (uint8_t)(value << 4);
		reader->state = SUM_LOW;
		return PACKET_MORE;
	}
	reader->state = OUTSIDE;
	reader->data[reader->size] = 0;
	return value >= 0 && (reader->given | value) == reader->sum && !reader->too_long ? PACKET_WHOLE : PACKET_BROKEN;
}

enum packet_event packet_take(struct packet_reader *reader, uint8_t byte)
{
	if (reader->state == OUTSIDE)
		return take_outside(reader, byte);
	if (byte == '$') { /* the one before was cut off */
		begin(reader);
		return PACKET_MORE;
	}
	if (reader->state != INSIDE)
		return take_sum(reader, byte);
	take_inside(reader, byte);
	return PACKET_MORE;
}

/* --- out -------------------------------------------------------------------------------------------------- */

void packet_begin(struct packet *packet)
{
	packet->data[0] = '$';
	packet->size = 1;
	packet->cut = false;
}

static void put(void *to, char character)
{
	struct packet *packet = to;

	if (packet->size + TAIL_BYTES < sizeof(packet->data))
		packet->data[packet->size++] = character;
	else
		packet->cut = true;
}

void packet_text(struct packet *packet, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	format_each(put, packet, format, list);
	va_end(list);
}

void packet_hex(struct packet *packet, const void *bytes, size_t size)
{
	const uint8_t *each = bytes;

	for (size_t i = 0; i < size; i++) {
		put(packet, digits[each[i] >> 4]);
		put(packet, digits[each[i] & 15]);
	}
}

void packet_binary(struct packet *packet, const void *bytes, size_t size)
{
	const char *each = bytes;

	for (size_t i = 0; i < size; i++) {
		bool special = each[i] == '$' || each[i] == '#' || each[i] == ESCAPE || each[i] == '*';

		if (special)
			put(packet, ESCAPE);
		put(packet, (char)(special ? each[i] ^ ESCAPED : each[i]));
	}
}

void packet_end(struct packet *packet)
{
	uint8_t sum = 0;

	for (size_t i = 1; i < packet->size; i++)
		sum = (uint8_t)(sum + (uint8_t)packet->data[i]);
	packet->data[packet->size++] = '#';
	packet->data[packet->size++] = digits[sum >> 4];
	packet->data[packet->size++] = digits[sum & 15];
}

/* --- contents --------------------------------------------------------------------------------------------- */

bool text_take(struct packet_text *text, const char *word)
{
	size_t size = string_length(word);

	if ((size_t)(text->end - text->at) < size || memcmp(text->at, word, size) != 0)
		return false;
	text->at += size;
	return true;
}

bool text_number(struct packet_text *text, uint64_t *number)
{
	const char *begin = text->at;

	*number = 0;
	for (int value; text->at < text->end && (value = digit_value((uint8_t)*text->at)) >= 0; text->at++) {
		if (*number >> 60)
			return false;
		*number = *number << 4 | (unsigned)value;
	}
	return text->at > begin;
}

size_t text_bytes(struct packet_text *text, void *to, size_t room)
{
	uint8_t *bytes = to;
	size_t size = 0;

	for (; size < room && text->end - text->at >= 2; text->at += 2) {
		int high = digit_value((uint8_t)text->at[0]), low = digit_value((uint8_t)text->at[1]);

		if (high < 0 || low < 0)
			break;
		bytes[size++] = (uint8_t)(high << 4 | low);
	}
	return size;
}
