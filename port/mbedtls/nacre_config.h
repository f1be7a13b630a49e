/* nacre_config.h - what of Mbed TLS there is on Nacre, as differences from upstream's own config.h, which reads this
 * (config.patch). Everybody who includes a header of Mbed TLS gets the same. */

/* There are no sockets. Whoever has a transport gives it to mbedtls_ssl_set_bio(). */
#undef MBEDTLS_NET_C

/* For other processors. */
#undef MBEDTLS_AESNI_C
#undef MBEDTLS_PADLOCK_C

/* Random bytes come from the server at svc/rng (entropy.c), and from nowhere else. */
#define MBEDTLS_NO_PLATFORM_ENTROPY
#define MBEDTLS_ENTROPY_HARDWARE_ALT

/* Time: the C library's, and for timers the monotonic clock (timing.c). */
#define MBEDTLS_TIMING_ALT

/* Threads are POSIX's. */
#define MBEDTLS_THREADING_C
#define MBEDTLS_THREADING_PTHREAD

/* Off in upstream's default only so as not to grow; who does not use them does not link them. */
#define MBEDTLS_ARIA_C
#define MBEDTLS_CMAC_C
#define MBEDTLS_ECJPAKE_C
#define MBEDTLS_KEY_EXCHANGE_ECJPAKE_ENABLED
#define MBEDTLS_NIST_KW_C
#define MBEDTLS_SSL_DTLS_CONNECTION_ID
#define MBEDTLS_X509_TRUSTED_CERTIFICATE_CALLBACK
