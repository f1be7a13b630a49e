# Mbed TLS 2.28: ciphers, hashes, public keys, X.509 and TLS in one library, with what Nacre gives it (nacre_config.h).
MBEDTLS_CRYPTO := aes arc4 aria asn1parse asn1write base64 bignum blowfish camellia ccm chacha20 chachapoly cipher \
                  cipher_wrap cmac constant_time ctr_drbg des dhm ecdh ecdsa ecjpake ecp ecp_curves entropy \
                  entropy_poll error gcm hkdf hmac_drbg md md2 md4 md5 memory_buffer_alloc mps_reader mps_trace nist_kw oid \
                  pem pk pk_wrap pkcs12 pkcs5 pkparse pkwrite platform platform_util poly1305 psa_crypto psa_crypto_aead \
                  psa_crypto_cipher psa_crypto_client psa_crypto_driver_wrappers psa_crypto_ecp psa_crypto_hash \
                  psa_crypto_mac psa_crypto_rsa psa_crypto_se psa_crypto_slot_management psa_crypto_storage \
                  psa_its_file ripemd160 rsa rsa_internal sha1 sha256 sha512 threading timing version \
                  version_features xtea
MBEDTLS_X509   := certs x509 x509_create x509_crl x509_crt x509_csr x509write_crt x509write_csr
MBEDTLS_TLS    := debug ssl_cache ssl_ciphersuites ssl_cli ssl_cookie ssl_msg ssl_srv ssl_ticket ssl_tls ssl_tls13_keys
PORT_LIB_mbedtls    := $(patsubst %,library/%.c,$(MBEDTLS_CRYPTO) $(MBEDTLS_X509) $(MBEDTLS_TLS))
PORT_OWNLIB_mbedtls := port/mbedtls/entropy.c port/mbedtls/timing.c port/random/server.c
# All public ones. Asked for when the source is there.
PORT_HEADERS_mbedtls = $(shell cd build/source/mbedtls/include && ls */*.h | sed 's,.*,include/&=&,') \
                       ../../../port/mbedtls/nacre_config.h=mbedtls/nacre_config.h ../../../port/mbedtls/timing_alt.h=timing_alt.h
PORT_CFLAGS_mbedtls := -I$(S)/library -O2

$(B)/port/mbedtls.headers: port/mbedtls/nacre_config.h port/mbedtls/timing_alt.h

# --- upstream's test suites: a program with all of them, made of what upstream's generator makes of each ------------------
# All but net, which is of sockets.
MBEDTLS_SUITES := \
  aes.cbc aes.cfb aes.ecb aes.ofb aes.rest aes.xts arc4 aria asn1parse asn1write base64 bignum.generated \
  bignum.misc blowfish camellia ccm chacha20 chachapoly cipher.aes cipher.arc4 cipher.aria cipher.blowfish \
  cipher.camellia cipher.ccm cipher.chacha20 cipher.chachapoly cipher.des cipher.gcm cipher.misc cipher.nist_kw \
  cipher.null cipher.padding cmac constant_time constant_time_hmac ctr_drbg debug des dhm ecdh ecdsa ecjpake ecp \
  entropy error gcm.aes128_de gcm.aes128_en gcm.aes192_de gcm.aes192_en gcm.aes256_de gcm.aes256_en gcm.camellia \
  gcm.misc hkdf hmac_drbg.misc hmac_drbg.no_reseed hmac_drbg.nopr hmac_drbg.pr md mdx memory_buffer_alloc mps \
  nist_kw oid pem pk pkcs12 pkcs1_v15 pkcs1_v21 pkcs5 pkparse pkwrite poly1305 psa_crypto psa_crypto_attributes \
  psa_crypto_driver_wrappers psa_crypto_entropy psa_crypto_generate_key.generated psa_crypto_hash psa_crypto_init \
  psa_crypto_metadata psa_crypto_not_supported.generated psa_crypto_not_supported.misc psa_crypto_op_fail.generated \
  psa_crypto_op_fail.misc psa_crypto_persistent_key psa_crypto_se_driver_hal psa_crypto_se_driver_hal_mocks \
  psa_crypto_slot_management psa_crypto_storage_format.current psa_crypto_storage_format.misc \
  psa_crypto_storage_format.v0 psa_its random rsa shax ssl timing version x509parse x509write xtea
MBEDTLS_GEN    := build/gen/port/mbedtls
MBEDTLS_TESTS  := $(S)/tests
PORT_PROGRAMS_mbedtls     := test-mbedtls
PORT_TESTS_test-mbedtls   := $(MBEDTLS_SUITES:%=suite/%.c)
PORT_SRC_test-mbedtls     := $(patsubst %,tests/src/%.c,asn1_helpers fake_external_rng_for_test helpers psa_crypto_helpers \
                               psa_exercise_key random threading_helpers test_helpers/ssl_helpers)
PORT_OWN_test-mbedtls     := test/port/memory_files.c
PORT_FLAGS_test-mbedtls   := -I$(MBEDTLS_TESTS)/include
PORT_LDFLAGS_test-mbedtls := $(patsubst %,-Wl$(,)--wrap=%,fopen freopen remove rename stat opendir readdir closedir)

# The source and its data, the same for both widths.
$(MBEDTLS_GEN)/test_suite_%.c: build/source/mbedtls/.done
	$(call say,SUITE,$*)mkdir -p $(@D) && PYTHONDONTWRITEBYTECODE=1 $(PYTHON) build/source/mbedtls/tests/scripts/generate_test_code.py \
	  $(foreach o,f=test_suite_$(firstword $(subst ., ,$*)).function d=test_suite_$*.data t=main_test.function p=host_test.function \
	    -helpers-file=helpers.function,-$(subst =, build/source/mbedtls/tests/suites/,$o)) \
	  -s build/source/mbedtls/tests/suites -o $(@D) >/dev/null
$(B)/obj/port/mbedtls/suite/%.c.o: $(MBEDTLS_GEN)/test_suite_%.c $(B)/port/mbedtls.headers port/mbedtls/port.mk $(PORT_RULES) $(NEWLIB_LIB)
	$(call say,CC,port/mbedtls/$*)mkdir -p $(@D) && $(CC) $(PORT_CFLAGS) $(PORT_CFLAGS_mbedtls) $(PORT_CFLAGS_HERE) -Os -g0 -MMD -MP -c -o $@ $<

# TLS takes too long for one run: the cases that show each thing once, and the rest.
MBEDTLS_LONG := ^(Record crypt|Decrypt CBC|Sending app|Test moving|DTLS renegotiation|DTLS Handshake fragmentation)
$(MBEDTLS_GEN)/ssl.short $(MBEDTLS_GEN)/ssl.long: $(MBEDTLS_GEN)/ssl.%: $(MBEDTLS_GEN)/test_suite_ssl.c port/mbedtls/port.mk
	$(Q)awk 'BEGIN { RS = ""; ORS = "\n\n" } ("$*" == "long") == ($$0 ~ /$(MBEDTLS_LONG)/)' $(<:.c=.datax) >$@

# Which files of data_files there are is known when the source is.
MBEDTLS_EMBED := $(B)/obj/port/mbedtls/embed/files
MBEDTLS_SPLIT := $(MBEDTLS_GEN)/ssl.short $(MBEDTLS_GEN)/ssl.long
$(MBEDTLS_EMBED).S: $(MBEDTLS_SUITES:%=$(MBEDTLS_GEN)/test_suite_%.c) $(MBEDTLS_SPLIT) port/embed.py port/mbedtls/port.mk
	$(call say,EMBED,test-mbedtls)mkdir -p $(@D) && port/embed.py $(WIDTH) \
	  $(foreach s,$(filter-out ssl,$(MBEDTLS_SUITES)),$(MBEDTLS_GEN)/test_suite_$s.datax=$(MBEDTLS_GEN)/test_suite_$s.datax) $(MBEDTLS_SPLIT) \
	  $$(cd build/source/mbedtls/tests && find data_files -type f | LC_ALL=C sort | sed 's,.*,build/source/mbedtls/tests/&=&,') >$@
$(MBEDTLS_EMBED).o: $(MBEDTLS_EMBED).S
	$(Q)$(CC) $(PORT_CFLAGS) -c -o $@ $<
$(B)/program/test-mbedtls.elf: $(MBEDTLS_EMBED).o
