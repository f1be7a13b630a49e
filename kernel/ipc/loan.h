/* loan.h - pages lent with a call: out of the caller's map (or read-only in it) until the reply.
 *
 *              take              reply
 *   AT HOME ----------> LENT ------------> AT HOME      I1  a page is in at most one loan (LENT bit of the lender's entry)
 *                        |  forward                     I2  LENT entries of the lender name the same frames as the window's
 *                        |----------> IN TRANSIT --take-> LENT
 *                        |  timeout, death of the lender
 *                        +----------> AT HOME; the borrower keeps stand-ins (window.h)
 * check may fail and changes nothing; make, return, revoke cannot fail. At most LIMIT_LOAN_PAGES pages: one step. */
#pragma once
#include "ipc/window.h"

void loan_init(paddr_t zero_page); /* boot: a page of zeros for revoked read-only loans */
err_t loan_check(const struct thread *caller, vaddr_t base, size_t pages, bool writable,
                 const struct connection *connection, const struct process *borrower) must_use;
void loan_make(struct thread *caller, vaddr_t base, size_t pages, bool writable,
               struct connection *connection, struct process *borrower);
err_t loan_recheck(const struct connection *connection, const struct process *borrower) must_use; /* room for a loan in transit */
void loan_arrive(struct thread *caller, struct connection *connection, struct process *borrower);  /* ends transit */
void loan_depart(struct thread *caller);  /* begins transit: leaves the borrower's window */
void loan_return(struct thread *caller);  /* home; the slot is free again */
void loan_revoke(struct thread *caller);  /* home; the borrower keeps stand-ins */
