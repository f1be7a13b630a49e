/* main.c - the next version of the server tally: what replaces it while it runs. */
#define TALLY_BUILD 2
#include "../tally/main.c" /* NOLINT(bugprone-suspicious-include): the same program, built anew */
