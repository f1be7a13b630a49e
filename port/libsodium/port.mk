# libsodium: all of it but what is written for other processors; AES-256-GCM is in AES-NI instructions only, so it is there and says
# that it is not available.
SODIUM := src/libsodium
PORT_LIB_libsodium := $(addprefix $(SODIUM)/, \
  crypto_aead/aes256gcm/aesni/aead_aes256gcm_aesni.c \
  crypto_aead/chacha20poly1305/sodium/aead_chacha20poly1305.c crypto_aead/xchacha20poly1305/sodium/aead_xchacha20poly1305.c \
  crypto_auth/crypto_auth.c crypto_auth/hmacsha256/auth_hmacsha256.c crypto_auth/hmacsha512/auth_hmacsha512.c \
  crypto_auth/hmacsha512256/auth_hmacsha512256.c crypto_box/crypto_box.c crypto_box/crypto_box_easy.c \
  crypto_box/crypto_box_seal.c crypto_box/curve25519xchacha20poly1305/box_curve25519xchacha20poly1305.c \
  crypto_box/curve25519xchacha20poly1305/box_seal_curve25519xchacha20poly1305.c \
  crypto_box/curve25519xsalsa20poly1305/box_curve25519xsalsa20poly1305.c crypto_core/ed25519/core_ed25519.c \
  crypto_core/ed25519/core_ristretto255.c crypto_core/ed25519/ref10/ed25519_ref10.c crypto_core/hchacha20/core_hchacha20.c \
  crypto_core/hsalsa20/core_hsalsa20.c crypto_core/hsalsa20/ref2/core_hsalsa20_ref2.c crypto_core/salsa/ref/core_salsa_ref.c \
  crypto_generichash/blake2b/generichash_blake2.c crypto_generichash/blake2b/ref/blake2b-compress-ref.c \
  crypto_generichash/blake2b/ref/blake2b-ref.c crypto_generichash/blake2b/ref/generichash_blake2b.c \
  crypto_generichash/crypto_generichash.c crypto_hash/crypto_hash.c crypto_hash/sha256/cp/hash_sha256_cp.c \
  crypto_hash/sha256/hash_sha256.c crypto_hash/sha512/cp/hash_sha512_cp.c crypto_hash/sha512/hash_sha512.c \
  crypto_kdf/blake2b/kdf_blake2b.c crypto_kdf/crypto_kdf.c crypto_kx/crypto_kx.c crypto_onetimeauth/crypto_onetimeauth.c \
  crypto_onetimeauth/poly1305/donna/poly1305_donna.c crypto_onetimeauth/poly1305/onetimeauth_poly1305.c \
  crypto_pwhash/argon2/argon2-core.c crypto_pwhash/argon2/argon2-encoding.c crypto_pwhash/argon2/argon2-fill-block-ref.c \
  crypto_pwhash/argon2/argon2.c crypto_pwhash/argon2/blake2b-long.c crypto_pwhash/argon2/pwhash_argon2i.c \
  crypto_pwhash/argon2/pwhash_argon2id.c crypto_pwhash/crypto_pwhash.c \
  crypto_pwhash/scryptsalsa208sha256/crypto_scrypt-common.c \
  crypto_pwhash/scryptsalsa208sha256/nosse/pwhash_scryptsalsa208sha256_nosse.c \
  crypto_pwhash/scryptsalsa208sha256/pbkdf2-sha256.c crypto_pwhash/scryptsalsa208sha256/pwhash_scryptsalsa208sha256.c \
  crypto_pwhash/scryptsalsa208sha256/scrypt_platform.c crypto_scalarmult/crypto_scalarmult.c \
  crypto_scalarmult/curve25519/ref10/x25519_ref10.c crypto_scalarmult/curve25519/scalarmult_curve25519.c \
  crypto_scalarmult/ed25519/ref10/scalarmult_ed25519_ref10.c \
  crypto_scalarmult/ristretto255/ref10/scalarmult_ristretto255_ref10.c crypto_secretbox/crypto_secretbox.c \
  crypto_secretbox/crypto_secretbox_easy.c crypto_secretbox/xchacha20poly1305/secretbox_xchacha20poly1305.c \
  crypto_secretbox/xsalsa20poly1305/secretbox_xsalsa20poly1305.c \
  crypto_secretstream/xchacha20poly1305/secretstream_xchacha20poly1305.c crypto_shorthash/crypto_shorthash.c \
  crypto_shorthash/siphash24/ref/shorthash_siphash24_ref.c crypto_shorthash/siphash24/ref/shorthash_siphashx24_ref.c \
  crypto_shorthash/siphash24/shorthash_siphash24.c crypto_shorthash/siphash24/shorthash_siphashx24.c \
  crypto_sign/crypto_sign.c crypto_sign/ed25519/ref10/keypair.c crypto_sign/ed25519/ref10/obsolete.c \
  crypto_sign/ed25519/ref10/open.c crypto_sign/ed25519/ref10/sign.c crypto_sign/ed25519/sign_ed25519.c \
  crypto_stream/chacha20/ref/chacha20_ref.c crypto_stream/chacha20/stream_chacha20.c crypto_stream/crypto_stream.c \
  crypto_stream/salsa20/ref/salsa20_ref.c crypto_stream/salsa20/stream_salsa20.c \
  crypto_stream/salsa2012/ref/stream_salsa2012_ref.c crypto_stream/salsa2012/stream_salsa2012.c \
  crypto_stream/salsa208/ref/stream_salsa208_ref.c crypto_stream/salsa208/stream_salsa208.c \
  crypto_stream/xchacha20/stream_xchacha20.c crypto_stream/xsalsa20/stream_xsalsa20.c crypto_verify/sodium/verify.c \
  randombytes/internal/randombytes_internal_random.c randombytes/randombytes.c randombytes/sysrandom/randombytes_sysrandom.c \
  sodium/codecs.c sodium/core.c sodium/runtime.c sodium/utils.c sodium/version.c)
PORT_HEADERS_libsodium := $(SODIUM)/include/sodium.h $(foreach h,core export randombytes randombytes_internal_random \
  randombytes_sysrandom runtime utils version crypto_aead_aes256gcm crypto_aead_chacha20poly1305 crypto_aead_xchacha20poly1305 \
  crypto_auth crypto_auth_hmacsha256 crypto_auth_hmacsha512 crypto_auth_hmacsha512256 crypto_box \
  crypto_box_curve25519xchacha20poly1305 crypto_box_curve25519xsalsa20poly1305 crypto_core_ed25519 crypto_core_hchacha20 \
  crypto_core_hsalsa20 crypto_core_ristretto255 crypto_core_salsa20 crypto_core_salsa2012 crypto_core_salsa208 \
  crypto_generichash crypto_generichash_blake2b crypto_hash crypto_hash_sha256 crypto_hash_sha512 crypto_kdf \
  crypto_kdf_blake2b crypto_kx crypto_onetimeauth crypto_onetimeauth_poly1305 crypto_pwhash crypto_pwhash_argon2i \
  crypto_pwhash_argon2id crypto_pwhash_scryptsalsa208sha256 crypto_scalarmult crypto_scalarmult_curve25519 \
  crypto_scalarmult_ed25519 crypto_scalarmult_ristretto255 crypto_secretbox crypto_secretbox_xchacha20poly1305 \
  crypto_secretbox_xsalsa20poly1305 crypto_secretstream_xchacha20poly1305 crypto_shorthash crypto_shorthash_siphash24 \
  crypto_sign crypto_sign_ed25519 crypto_sign_edwards25519sha512batch crypto_stream crypto_stream_chacha20 \
  crypto_stream_salsa20 crypto_stream_salsa2012 crypto_stream_salsa208 crypto_stream_xchacha20 crypto_stream_xsalsa20 \
  crypto_verify_16 crypto_verify_32 crypto_verify_64,$(SODIUM)/include/sodium/$h.h=sodium/$h.h)
# What upstream's configure would find out. Random numbers come from the rng server, which stands in for getrandom (random.c);
# sodium_malloc has guard pages (memory.c).
PORT_OWNLIB_libsodium := port/libsodium/random.c port/libsodium/memory.c port/random/server.c
$(patsubst %,$(B)/obj/port/libsodium/own/port/libsodium/%.c.o,random memory): PORT_CFLAGS_HERE := -Iport/libsodium/include
$(B)/obj/port/libsodium/$(SODIUM)/sodium/utils.c.o: PORT_CFLAGS_HERE := -DSODIUM_GUARDED
SODIUM_WORDS_64 := -DHAVE_TI_MODE
PORT_CFLAGS_libsodium := -O2 -I$(S)/$(SODIUM)/include/sodium -I$(S)/$(SODIUM)/include -DCONFIGURED=1 -DDEV_MODE=0 -DNATIVE_LITTLE_ENDIAN \
  -Iport/libsodium/include -DHAVE_SYS_RANDOM_H -DHAVE_LINUX_COMPATIBLE_GETRANDOM -DHAVE_SYS_MMAN_H -DHAVE_MMAP -DHAVE_MPROTECT -DHAVE_MLOCK \
  -DHAVE_PTHREAD -DHAVE_INLINE_ASM=1 -DHAVE_WEAK_SYMBOLS=1 -DHAVE_ATOMIC_OPS -DHAVE_C_VARARRAYS -DHAVE_INTTYPES_H -DHAVE_STDINT_H -DHAVE_NANOSLEEP \
  -DSODIUM_STATIC $(SODIUM_WORDS_$(WIDTH))

# Upstream's tests: each compares its output with what it should be.
SODIUM_TESTS := \
  aead_aes256gcm aead_aes256gcm2 aead_chacha20poly1305 aead_chacha20poly13052 aead_xchacha20poly1305 auth auth2 auth3 auth5 \
  auth6 auth7 box box2 box7 box8 box_easy box_easy2 box_seal box_seed chacha20 codecs core1 core2 core3 core4 core5 core6 \
  core_ed25519 core_ristretto255 ed25519_convert generichash generichash2 generichash3 hash hash3 kdf keygen kx metamorphic \
  misuse onetimeauth onetimeauth2 onetimeauth7 pwhash_argon2i pwhash_argon2id pwhash_scrypt pwhash_scrypt_ll randombytes \
  scalarmult scalarmult2 scalarmult5 scalarmult6 scalarmult7 scalarmult8 scalarmult_ed25519 scalarmult_ristretto255 secretbox \
  secretbox2 secretbox7 secretbox8 secretbox_easy secretbox_easy2 secretstream shorthash sign siphashx24 sodium_core \
  sodium_utils sodium_utils2 sodium_utils3 sodium_version stream stream2 stream3 stream4 verify1 xchacha20

PORT_PROGRAMS_libsodium   := test-libsodium test-guard
PORT_TESTS_test-libsodium := $(SODIUM_TESTS:%=test/default/%.c)
PORT_OWN_test-libsodium   := test/port/memory_files.c test/port/abort.c
PORT_EMBED_test-libsodium := $(foreach t,$(SODIUM_TESTS),$(S)/test/default/$t.exp=./$t.exp)
PORT_FLAGS_test-libsodium := -DHAVE_CATCHABLE_ABRT -I$(S)/test/quirks -I$(S)/test/default
PORT_LDFLAGS_test-libsodium := -Wl,--wrap=fopen,--wrap=remove,--wrap=rename,--wrap=abort
# What upstream tests by catching a signal that Nacre has not.
PORT_OWN_test-guard := test/port/libsodium/guard.c
