/* nacre.hpp - what C++ programs have over the C library of Nacre: handles that close themselves, answers with a status.
 *
 * C++20 without its library: no exceptions, no run-time types, nothing of libstdc++. The stubs of an interface in C++ are
 * idl/NAME.hpp, made by the interface compiler; lang/cpp/runtime.cpp holds the few functions that a compiler expects.
 *
 *     auto probe = nacre::idl::counter::Client::connect("svc/counter");
 *     if (!probe)
 *             return fail(probe.status());
 *     auto value = probe->add("visits", 1);     // a result: ask it first, then take *value */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include "abi/nacre_calls.h"
#include "nacre/error.h"

namespace nacre {

template <typename T> struct plain { using type = T; };
template <typename T> struct plain<T &> { using type = T; };

/* What std::move is. */
template <typename T> constexpr typename plain<T>::type &&move(T &&value)
{
	return static_cast<typename plain<T>::type &&>(value);
}

/* An owned handle; closed when it goes. */
class handle {
public:
	constexpr handle() = default;
	explicit constexpr handle(nacre_handle_t number) : number_(number) {}
	constexpr handle(handle &&other) : number_(other.release()) {}
	handle &operator=(handle &&other)
	{
		reset(other.release());
		return *this;
	}
	handle(const handle &) = delete;
	handle &operator=(const handle &) = delete;
	constexpr ~handle()
	{
		if (number_ != NACRE_HANDLE_NONE)
			reset();
	}

	/* Its number, for a call; it stays here. */
	constexpr nacre_handle_t get() const { return number_; }
	explicit constexpr operator bool() const { return number_ != NACRE_HANDLE_NONE; }

	/* Gives it up: the caller closes it. */
	constexpr nacre_handle_t release()
	{
		nacre_handle_t number = number_;

		number_ = NACRE_HANDLE_NONE;
		return number;
	}

	/* Closes it, and takes another. */
	void reset(nacre_handle_t number = NACRE_HANDLE_NONE)
	{
		if (number_ != NACRE_HANDLE_NONE)
			nacre_handle_close(number_);
		number_ = number;
	}

	/* Where a C function may put one. */
	nacre_handle_t *out()
	{
		reset();
		return &number_;
	}

private:
	nacre_handle_t number_ = NACRE_HANDLE_NONE;
};

/* A status and, where it is STATUS_OK, a value. */
template <typename T> class [[nodiscard]] result {
public:
	constexpr result(nacre_status_t status, T &&value) : status_(status), value_(move(value)) {}

	explicit constexpr operator bool() const { return status_ == 0; }
	constexpr nacre_status_t status() const { return status_; }
	/* Only after it said yes; otherwise these are zeroes. */
	constexpr T &operator*() { return value_; }
	constexpr T *operator->() { return &value_; }

private:
	nacre_status_t status_;
	T value_;
};

} // namespace nacre
