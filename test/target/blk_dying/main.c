/* main.c - driver/virtio-blk, of its own objects (tool/make/program.mk), which ends at moments that are counted here; its own
 * main is in those objects. */
#include "dying.h"
#include "abi/nacre_calls.h"
#include "nacre/area.h"
#include "nacre/startup.h"
#include "virtio/virtio.h"

/* The linker's names for what the driver calls, and for what it means. */
void __real_virtio_queue_notify(const struct virtio_queue *queue);
void __wrap_virtio_queue_notify(const struct virtio_queue *queue);
enum virtio_taken __real_virtio_queue_take(struct virtio_queue *queue, uint16_t *chain, uint32_t *written);
enum virtio_taken __wrap_virtio_queue_take(struct virtio_queue *queue, uint16_t *chain, uint32_t *written);

/* The device finds nonsense in the ring, and gives up with all that it has under way: QEMU's asks for a reset then. */
static bool scramble;

static void moment(void)
{
	static struct nacre_area area;
	volatile uint32_t *count;

	if (!area.base && nacre_area_map(&area, nacre_startup_handle("kept"), 0, 1, NACRE_PROT_READ | NACRE_PROT_WRITE))
		return; /* nobody dies then, which the test notices */
	count = area.base;
	++*count;
	if (*count % DYING_EVERY || *count > DYING_EVERY * DYING_DEATHS)
		return;
	if (*count / DYING_EVERY % 2)
		nacre_process_exit(1);
	scramble = true;
}

void __wrap_virtio_queue_notify(const struct virtio_queue *queue)
{
	moment();
	if (scramble)
		((volatile uint16_t *)(void *)(queue->dma->base + queue->available))[1] += 0x4000;
	__real_virtio_queue_notify(queue);
	moment();
}

enum virtio_taken __wrap_virtio_queue_take(struct virtio_queue *queue, uint16_t *chain, uint32_t *written)
{
	enum virtio_taken taken = __real_virtio_queue_take(queue, chain, written);

	if (taken == VIRTIO_TAKEN)
		moment();
	return taken;
}
