/* sys/poll.h - <poll.h> by its old name. */
#include <poll.h>
