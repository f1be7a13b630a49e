/* main.c - the program `lua`: upstream's stand-alone interpreter, whose main() port/lua compiles under another name,
 * with this system's library in it (open.c). */
#include <stdio.h>

int lua_main(int argc, char **argv);

int main(int argc, char **argv)
{
	/* The C library sets up its streams when one is first used, and does not look whether there is memory for them: so
	 * before a script may have used all. */
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	return lua_main(argc, argv);
}
