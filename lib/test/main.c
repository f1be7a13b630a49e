/* main.c - main() of every test program that brings none of its own. */
#include "test/test.h"

int main(int argc, char **argv)
{
	return test_main(argc, argv);
}
