/* count.h - what this process has of the machine, before and after: whatever a test does, all of it comes back. */
#pragma once
#include "test/helper.h"

struct count {
	uintptr_t pages, handles;
};

static inline struct count count_now(void)
{
	struct nacre_budget_state budget;
	struct nacre_process_state process;

	EXPECT_OK(nacre_budget_info(self_budget(), &budget));
	EXPECT_OK(nacre_process_info(self_process(), &process));
	return (struct count){ budget.charged_pages + budget.given_pages, process.handles };
}

static inline void expect_all_back(struct count before)
{
	struct count now = count_now();

	EXPECT_EQ(now.pages, before.pages);
	EXPECT_EQ(now.handles, before.handles);
}
