/* features.h - <sys/features.h> by the name that programs for Linux know. */
#include <sys/features.h>
