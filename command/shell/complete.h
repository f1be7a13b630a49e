/* complete.h - what Tab makes of a word that is not finished.
 *
 * The word's place in the line says what can stand there: a command, a program, a process, a variable, a name of the name
 * space, or, where it begins with a slash, a file. Whatever begins as the word does is a candidate. With one candidate the word is finished, with several as far as
 * they agree; where that adds nothing, they are listed.
 *
 * Does not: look into quotes, or remember anything from one Tab to the next. */
#pragma once
#include "shell.h"

struct completion {
	unsigned count;              /* of candidates that differ */
	char rest[LINE_BYTES];       /* what the line gets behind the cursor, signs that mean something made plain */
};

/* Looks at the word that ends at `cursor`. */
void complete(const char *line, size_t cursor, struct completion *completion);

/* Prints the candidates, in lines of their own. */
void complete_list(const char *line, size_t cursor);
