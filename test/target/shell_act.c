/* shell_act.c - a program that does what its arguments say: for scenarios that need one to wait, read, fill memory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Fills whatever the program has been given, and sees that it is all there again afterwards. */
static size_t fill(void)
{
	enum { PIECE = 8192 };
	struct piece {
		struct piece *next;
		char rest[PIECE - sizeof(void *)];
	} *all = NULL, *piece;
	size_t count = 0;

	for (; (piece = malloc(sizeof(*piece))); count++) {
		memset(piece, 0xa5, sizeof(*piece));
		piece->next = all;
		all = piece;
	}
	while ((piece = all)) {
		all = piece->next;
		free(piece);
	}
	return count;
}

static int act_fill(void)
{
	size_t first = fill(), second = fill();

	printf("malloc answered NULL after %s, and again after %s\n", first > 8 ? "some" : "too little",
	       first == second ? "as much" : "another amount");
	return 0;
}

static int act_read(void)
{
	char line[100];

	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		printf("read \"%s\"\n", line);
		if (!strcmp(line, "end"))
			return 0;
	}
	puts("the input has ended");
	return 0;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	const char *who = getenv("WHO");

	if (!strcmp(verb, "exit"))
		return argc > 2 ? atoi(argv[2]) : 0;
	if (!strcmp(verb, "sleep"))
		return (int)sleep(argc > 2 ? (unsigned)atoi(argv[2]) : 1);
	if (!strcmp(verb, "fill"))
		return act_fill();
	if (!strcmp(verb, "read"))
		return act_read();
	if (!strcmp(verb, "who"))
		return printf("I was told of %s\n", who ? who : "nobody") < 0;
	fputs("usage: act exit|sleep|fill|read|who [NUMBER]\n", stderr);
	return 2;
}
