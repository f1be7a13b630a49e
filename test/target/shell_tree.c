/* shell_tree.c - makes some files, for scenarios of the shell. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int make_file(const char *path)
{
	int file = open(path, O_CREAT | O_WRONLY, 0600);

	return file < 0 || close(file);
}

int main(void)
{
	char path[32];
	int failed = mkdir("/garden", 0700) || mkdir("/garden/shed", 0700) || make_file("/garden/rose bush") ||
		     make_file("/garden/shed/spade") || make_file("/gate");

	for (int i = 0; i < 40; i++) {
		snprintf(path, sizeof(path), "/garden/shed/nail%02d", i);
		failed |= make_file(path);
	}
	puts(failed ? "not made" : "made");
	return failed;
}
