/* lib_error.c - errors in words. */
#include <errno.h>
#include "idl/interface.h"
#include "nacre/error.h"
#include "test/alone.h"

TEST_ALONE;

TEST(kernel_error, "an error of the kernel has its name, sentence and hint from the contract")
{
	EXPECT_TEXT(nacre_error_name(NACRE_E_PEER_GONE), "PEER_GONE");
	EXPECT_TEXT(nacre_error_sentence(NACRE_E_PEER_GONE), "the other side is dead, or the object was destroyed");
	EXPECT_TEXT(nacre_error_hint(NACRE_E_PEER_GONE), "connect again through its name");
}

TEST(server_status, "a server's status has a name and a sentence, and no hint")
{
	EXPECT_TEXT(nacre_error_name(STATUS_NOT_FOUND), "NOT_FOUND");
	EXPECT_TEXT(nacre_error_sentence(STATUS_NOT_FOUND), "there is nothing of that name or number");
	EXPECT_TEXT(nacre_error_hint(STATUS_NOT_FOUND), "");
}

TEST(ok, "no error is done, with errno 0")
{
	EXPECT_TEXT(nacre_error_sentence(NACRE_E_OK), "done");
	EXPECT_EQ(nacre_error_errno(NACRE_E_OK), 0);
}

TEST(unknown, "a number that this version does not know is said to be that")
{
	EXPECT_TEXT(nacre_error_name(9999), "UNKNOWN");
	EXPECT(nacre_error_sentence(9999)[0]);
	EXPECT_EQ(nacre_error_errno(9999), EIO);
}

TEST(every_error, "every error and status has name, sentence and an errno of its own kind")
{
#define CHECK_ERROR(name, number, sentence, hint)                          \
	EXPECT_TEXT(nacre_error_name(number), #name);                      \
	EXPECT_TEXT(nacre_error_sentence(number), sentence);               \
	EXPECT_TEXT(nacre_error_hint(number), hint);                       \
	EXPECT(number == 0 || nacre_error_errno(number) > 0);
	NACRE_ERROR_LIST(CHECK_ERROR)
#define CHECK_STATUS(name, number, sentence)                               \
	EXPECT_TEXT(nacre_error_name(number), #name);                      \
	EXPECT_TEXT(nacre_error_sentence(number), sentence);
	INTERFACE_STATUS_LIST(CHECK_STATUS)
}
