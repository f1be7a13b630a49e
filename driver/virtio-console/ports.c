/* ports.c - the device with the ports. */
#include "ports.h"
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "base/string.h"
#include "base/utf8.h"

enum { CONTROL_IN = 2, CONTROL_OUT = 3, MESSAGES = 8 };

/* Features, 5.3.3, and fields of the configuration, 5.3.4. */
#define FEATURE_PORTS (1ull << 1)
enum { CONFIG_PORTS = 4 };

/* A control message, 5.3.6.2; behind PORT_NAME stands the name. */
struct control {
	uint32_t port;
	uint16_t event, value;
};

enum { DEVICE_READY = 0, DEVICE_ADD = 1, DEVICE_REMOVE = 2, PORT_READY = 3, PORT_OPEN = 6, PORT_NAME = 7 };
enum { CONTROL_BYTES = sizeof(struct control) + SERIAL_NAME_BYTES };

struct held {
	uint8_t buffer;
	uint16_t from, size;         /* bytes that were not read yet: from `from` to `size` */
};

static struct port {
	struct virtio_queue in, out;
	size_t buffers_in[PORT_BUFFERS], buffers_out[PORT_BUFFERS];  /* offsets in DMA memory */
	uint8_t of_chain_in[VIRTIO_QUEUE_MAX];
	struct held held[PORT_BUFFERS];                              /* oldest first */
	unsigned held_count;
	uint8_t of_chain_out[VIRTIO_QUEUE_MAX], free_out[PORT_BUFFERS];
	uint16_t sizes_out[PORT_BUFFERS];
	unsigned free_out_count;
	bool has_queues;                                             /* there may be such a port */
	bool is_there, is_open, is_hung_up, is_attended;
	bool given;                                                  /* the device has its buffers */
	bool ready_due, open_due;                                    /* to be told to the device */
	char name[SERIAL_NAME_BYTES];
	uint64_t received, sent;
} ports[PORTS];

static struct virtio_driver driver;
static uint32_t device_ports;        /* as many as the device can have, its console among them */

static struct {
	struct virtio_queue in, out;
	size_t messages_in[MESSAGES], messages_out[MESSAGES];
	uint8_t of_chain_in[VIRTIO_QUEUE_MAX], of_chain_out[VIRTIO_QUEUE_MAX];
	uint8_t free_out[MESSAGES];
	unsigned free_out_count;
	bool ready_due;
} control;

static void lost_count(void)
{
	virtio_driver_give_up(&driver, "the driver lost count of its buffers; it is started anew");
}

/* --- control messages to the device ---------------------------------------------------------------------- */

static bool control_send(uint32_t port, uint16_t event, uint16_t value)
{
	struct virtio_piece piece = { 0, sizeof(struct control), false };
	uint16_t chain;
	uint8_t message;

	if (!control.free_out_count)
		return false;
	message = control.free_out[--control.free_out_count];
	piece.offset = control.messages_out[message];
	*(struct control *)(void *)(driver.dma.base + piece.offset) = (struct control){ port, event, value };
	if (!virtio_queue_add(&control.out, &piece, 1, &chain))
		lost_count();
	control.of_chain_out[chain] = message;
	virtio_queue_notify(&control.out);
	return true;
}

/* Until there is no free message, or nothing due. */
static void control_pump(void)
{
	if (control.ready_due)
		control.ready_due = !control_send(0, DEVICE_READY, 1);
	for (unsigned i = 0; i < PORTS; i++) {
		struct port *port = &ports[i];

		if (port->ready_due)
			port->ready_due = !control_send(i + 1, PORT_READY, 1);
		if (port->open_due && !port->ready_due)
			port->open_due = !control_send(i + 1, PORT_OPEN, port->is_attended);
	}
}

/* --- bytes that come ------------------------------------------------------------------------------------- */

static void give(struct port *port, uint8_t buffer)
{
	struct virtio_piece piece = { port->buffers_in[buffer], BUFFER_BYTES, true };
	uint16_t chain;

	/* The device may say that bytes came, and not have written them: what another client has read must not be there. */
	memset(driver.dma.base + piece.offset, 0, BUFFER_BYTES);
	if (!virtio_queue_add(&port->in, &piece, 1, &chain))
		lost_count();
	port->of_chain_in[chain] = buffer;
}

static void held_remove(struct port *port)
{
	uint8_t buffer = port->held[0].buffer;

	port->held_count--;
	memmove(&port->held[0], &port->held[1], port->held_count * sizeof(port->held[0]));
	give(port, buffer);
	virtio_queue_notify(&port->in);
}

static void hold(struct port *port, uint8_t buffer, uint32_t size)
{
	if (!size) {
		give(port, buffer);
		return;
	}
	if (port->held_count == PORT_BUFFERS)
		lost_count();
	port->held[port->held_count++] = (struct held){ buffer, 0, (uint16_t)size };
	port->received += size;
}

static void take_in(struct port *port)
{
	enum virtio_taken taken = VIRTIO_TAKEN;
	uint16_t chain;
	uint32_t written;

	for (unsigned i = port->in.in_flight; i; i--) {
		taken = virtio_queue_take(&port->in, &chain, &written);
		if (taken != VIRTIO_TAKEN)
			break;
		hold(port, port->of_chain_in[chain], written);
	}
	if (taken == VIRTIO_BROKEN)
		virtio_driver_give_up(&driver, port->in.fault);
}

const uint8_t *port_bytes(unsigned number, size_t *size)
{
	const struct port *port = &ports[number];

	if (!port->held_count)
		return NULL;
	*size = port->held[0].size - port->held[0].from;
	return driver.dma.base + port->buffers_in[port->held[0].buffer] + port->held[0].from;
}

void port_bytes_done(unsigned number, size_t size)
{
	struct port *port = &ports[number];

	port->held[0].from = (uint16_t)(port->held[0].from + size);
	if (port->held[0].from == port->held[0].size)
		held_remove(port);
}

/* --- bytes that go --------------------------------------------------------------------------------------- */

bool port_can_send(unsigned port)
{
	return ports[port].is_open && ports[port].free_out_count;
}

bool port_send(unsigned number, const void *bytes, size_t size)
{
	struct port *port = &ports[number];
	struct virtio_piece piece = { 0, (uint32_t)size, false };
	uint16_t chain;
	uint8_t buffer;

	if (!port_can_send(number))
		return false;
	buffer = port->free_out[--port->free_out_count];
	piece.offset = port->buffers_out[buffer];
	memcpy(driver.dma.base + piece.offset, bytes, size);
	if (!virtio_queue_add(&port->out, &piece, 1, &chain))
		lost_count();
	port->of_chain_out[chain] = buffer;
	port->sizes_out[buffer] = (uint16_t)size;
	virtio_queue_notify(&port->out);
	return true;
}

/* Takes back what the device is done with: which buffers, the oldest of them first. */
static bool take_out(struct virtio_queue *queue, const uint8_t *of_chain, uint8_t *buffer)
{
	uint16_t chain;
	uint32_t written;

	switch (virtio_queue_take(queue, &chain, &written)) {
	case VIRTIO_BROKEN:
		virtio_driver_give_up(&driver, queue->fault);
	case VIRTIO_NOTHING:
		return false;
	case VIRTIO_TAKEN:
		break;
	}
	*buffer = of_chain[chain];
	return true;
}

static void take_out_all(struct port *port)
{
	uint8_t buffer;

	while (port->free_out_count < PORT_BUFFERS && take_out(&port->out, port->of_chain_out, &buffer)) {
		port->free_out[port->free_out_count++] = buffer;
		port->sent += port->sizes_out[buffer];
	}
}

/* --- control messages from the device -------------------------------------------------------------------- */

static void control_give(uint8_t message)
{
	struct virtio_piece piece = { control.messages_in[message], CONTROL_BYTES, true };
	uint16_t chain;

	if (!virtio_queue_add(&control.in, &piece, 1, &chain))
		lost_count();
	control.of_chain_in[chain] = message;
}

/* Adding what is there is no change: the device may tell it after each DEVICE_READY. */
static void port_add(struct port *port)
{
	port->is_there = port->ready_due = true;
	port->open_due = port->is_attended;
	for (unsigned i = 0; !port->given && i < PORT_BUFFERS; i++)
		give(port, (uint8_t)i);
	if (!port->given)
		virtio_queue_notify(&port->in);
	port->given = true;
}

/* A device may hold what it was given while nobody was there, and look at it again only when it is told of more. */
static void port_set_open(struct port *port, bool is_open)
{
	port->is_hung_up = !is_open && (port->is_open || port->is_hung_up);
	port->is_open = is_open;
	if (is_open && port->out.in_flight)
		virtio_queue_notify(&port->out);
}

static void port_remove(struct port *port)
{
	port->is_there = port->ready_due = port->open_due = false;
	port->is_hung_up = true;
	port->is_open = false;
}

/* What is no text of one line is no name. */
static void port_set_name(struct port *port, const char *name, size_t size)
{
	size = min_size(string_length_within(name, size), SERIAL_NAME_BYTES - 1);
	if (!utf8_is_text(name, size))
		size = 0;
	memset(port->name, 0, sizeof(port->name));
	memcpy(port->name, name, size);
}

/* True: the port's state has changed. */
static bool port_event(struct port *port, const struct control *message, const char *name, size_t name_size)
{
	bool was_open = port->is_open, was_there = port->is_there;

	if (message->event == DEVICE_ADD)
		port_add(port);
	else if (!port->is_there)
		virtio_driver_give_up(&driver, "the virtio device speaks of a serial port that it has not added; it is reset");
	else if (message->event == DEVICE_REMOVE)
		port_remove(port);
	else if (message->event == PORT_OPEN)
		port_set_open(port, message->value);
	else if (message->event == PORT_NAME)
		port_set_name(port, name, name_size);
	return port->is_open != was_open || port->is_there != was_there;
}

/* A copy: the device could change it while it is looked at. Ports that nobody serves, and events that are not known, are passed
 * over. */
static uint32_t control_hear(uint8_t number, uint32_t size)
{
	struct {
		struct control message;
		char name[SERIAL_NAME_BYTES];
	} copy;

	if (size < sizeof(copy.message))
		virtio_driver_give_up(&driver, "the virtio device sent a control message that is too short; it is reset");
	memcpy(&copy, driver.dma.base + control.messages_in[number], sizeof(copy));
	if (copy.message.port >= device_ports)
		virtio_driver_give_up(&driver, "the virtio device speaks of a serial port that it cannot have; it is reset");
	if (!copy.message.port || copy.message.port > PORTS)
		return 0;
	return (uint32_t)port_event(&ports[copy.message.port - 1], &copy.message, copy.name, size - sizeof(copy.message))
	       << (copy.message.port - 1);
}

static uint32_t control_take(void)
{
	enum virtio_taken taken = VIRTIO_TAKEN;
	uint32_t written, changed = 0;
	uint16_t chain;
	uint8_t message;

	for (unsigned i = control.in.in_flight; i; i--) {
		taken = virtio_queue_take(&control.in, &chain, &written);
		if (taken != VIRTIO_TAKEN)
			break;
		message = control.of_chain_in[chain];
		changed |= control_hear(message, written);
		control_give(message);
		virtio_queue_notify(&control.in);
	}
	if (taken == VIRTIO_BROKEN)
		virtio_driver_give_up(&driver, control.in.fault);
	while (control.free_out_count < MESSAGES && take_out(&control.out, control.of_chain_out, &message))
		control.free_out[control.free_out_count++] = message;
	control_pump();
	return changed;
}

/* --- opening --------------------------------------------------------------------------------------------- */

static const char *queue_open(struct virtio_queue *queue, unsigned number, uint16_t size)
{
	const char *why = virtio_queue_open(queue, &driver.device, (uint16_t)number, &driver.dma, size);

	if (!why && queue->size < size)
		why = "the virtio device has too small queues for serial ports; it cannot be used";
	return why;
}

static const char *queues_open(void)
{
	const char *why = queue_open(&control.in, CONTROL_IN, MESSAGES);

	if (!why)
		why = queue_open(&control.out, CONTROL_OUT, MESSAGES);
	for (unsigned i = 0; !why && i < PORTS && i + 1 < device_ports; i++) {
		why = queue_open(&ports[i].in, 2 * i + 4, PORT_BUFFERS);
		if (!why)
			why = queue_open(&ports[i].out, 2 * i + 5, PORT_BUFFERS);
		ports[i].has_queues = !why;
	}
	return why;
}

static bool take_each(size_t *offsets, unsigned count, size_t bytes)
{
	for (unsigned i = 0; i < count; i++)
		if (!dma_take(&driver.dma, bytes, 8, &offsets[i]))
			return false;
	return true;
}

static const char *buffers_take(void)
{
	bool fits = take_each(control.messages_in, MESSAGES, CONTROL_BYTES) &&
		    take_each(control.messages_out, MESSAGES, sizeof(struct control));

	for (unsigned i = 0; i < PORTS && ports[i].has_queues; i++)
		fits = fits && take_each(ports[i].buffers_in, PORT_BUFFERS, BUFFER_BYTES) &&
		       take_each(ports[i].buffers_out, PORT_BUFFERS, BUFFER_BYTES);
	return fits ? NULL : "the DMA memory is too small for the ports' buffers; `dma` in the manifest must be 3";
}

static const char *ports_read(void)
{
	if (!(driver.device.features & FEATURE_PORTS))
		return "the virtio console has no serial ports; with QEMU use -device virtio-serial-device and -device virtserialport";
	if (!virtio_config(&driver.device, CONFIG_PORTS, 4, 1, &device_ports))
		return "the virtio device never tells the same number of serial ports twice; it cannot be used";
	return device_ports < 2 ? "the virtio device has room for no serial port beside its console; raise max_ports" : NULL;
}

static void begin(void)
{
	for (unsigned i = 0; i < MESSAGES; i++) {
		control_give((uint8_t)i);
		control.free_out[control.free_out_count++] = (uint8_t)i;
	}
	for (unsigned port = 0; port < PORTS; port++)
		for (unsigned i = 0; i < PORT_BUFFERS; i++)
			ports[port].free_out[ports[port].free_out_count++] = (uint8_t)i;
	virtio_queue_notify(&control.in);
	control.ready_due = true;
	control_pump();
}

const char *ports_open(nacre_handle_t server)
{
	const char *why = virtio_driver_open(&driver, VIRTIO_CONSOLE, server);

	if (!why)
		why = virtio_negotiate(&driver.device, FEATURE_PORTS);
	if (!why)
		why = ports_read();
	if (!why)
		why = queues_open();
	if (!why)
		why = buffers_take();
	if (!why)
		why = virtio_start(&driver.device);
	if (!why)
		begin();
	return why;
}

/* --- for the others -------------------------------------------------------------------------------------- */

bool port_is_there(unsigned port)
{
	return ports[port].is_there;
}

bool port_is_open(unsigned port)
{
	return ports[port].is_open;
}

bool port_is_hung_up(unsigned port)
{
	return ports[port].is_hung_up;
}

void port_describe(unsigned number, struct serial_port *description)
{
	const struct port *port = &ports[number];

	description->state = (port->is_open ? SERIAL_PORT_STATE_OPEN : 0) | (port->is_hung_up ? SERIAL_PORT_STATE_HUNG_UP : 0);
	memcpy(description->name, port->name, sizeof(description->name));
	description->received = port->received;
	description->sent = port->sent;
}

void port_attend(unsigned number, bool is_attended)
{
	struct port *port = &ports[number];

	port->is_attended = is_attended;
	port->open_due = port->is_there;
	control_pump();
}

uint32_t ports_interrupted(void)
{
	bool config;
	const char *why = virtio_interrupted(&driver.device, &config);
	uint32_t changed;

	if (why)
		virtio_driver_give_up(&driver, why);
	changed = control_take();
	for (unsigned i = 0; i < PORTS && ports[i].has_queues; i++) {
		take_out_all(&ports[i]);
		take_in(&ports[i]);
	}
	return changed;
}

void ports_interrupt_end(void)
{
	nacre_interrupt_ack(driver.interrupt);
}
