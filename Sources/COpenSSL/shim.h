// OpenSSL 3 for Swift. Only SecureTransport imports this module.
//
// Swift imports most of libssl's interface directly. It does not import function-like macros, variadic functions and
// the SSL_OP_* constants (64-bit expressions built with SSL_OP_BIT). This file has one wrapper for each of those.

#ifndef FLEETRACE_COPENSSL_SHIM_H
#define FLEETRACE_COPENSSL_SHIM_H

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#if OPENSSL_VERSION_NUMBER < 0x30000000L
#error "OpenSSL 3.0 or later is needed (Debian: libssl-dev)"
#endif

// Context settings

static inline int fl_ctx_tls13_only(SSL_CTX *ctx) {
    return SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) == 1;
}

static inline void fl_ctx_set_options(SSL_CTX *ctx) {
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
}

static inline void fl_ctx_set_modes(SSL_CTX *ctx) {
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

static inline void fl_ctx_no_session_cache(SSL_CTX *ctx) {
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
}

static inline void fl_ctx_set_max_cert_list(SSL_CTX *ctx, long bytes) { SSL_CTX_set_max_cert_list(ctx, bytes); }

static inline int fl_ctx_add1_chain_cert(SSL_CTX *ctx, X509 *cert) {
    return (int)SSL_CTX_add1_chain_cert(ctx, cert);
}

// Indexes of application data

static inline int fl_ssl_new_ex_index(void) { return SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL); }

// BIO

static inline int fl_bio_type(void) { return BIO_get_new_index() | BIO_TYPE_SOURCE_SINK; }
static inline void fl_bio_set_retry_read(BIO *bio) { BIO_set_retry_read(bio); }
static inline void fl_bio_clear_retry(BIO *bio) { BIO_clear_retry_flags(bio); }

// Errors

static inline int fl_err_reason(unsigned long code) { return ERR_GET_REASON(code); }
static inline int fl_err_is_ssl(unsigned long code) { return ERR_GET_LIB(code) == ERR_LIB_SSL; }
static inline int fl_err_is_pem_no_start_line(unsigned long code) {
    return ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
}

// Keys

static inline EVP_PKEY *fl_generate_p256(void) { return EVP_EC_gen("P-256"); }

// Authentication of datagrams

/// HMAC-SHA-256 with a key, to be begun by EVP_MAC_init without one; NULL on failure.
static inline EVP_MAC_CTX *fl_hmac_sha256(const unsigned char *key, size_t length) {
    EVP_MAC *mac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
    if (mac == NULL) return NULL;
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(mac);
    EVP_MAC_free(mac);
    if (context == NULL) return NULL;
    char digest[] = "SHA256";
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
    if (EVP_MAC_init(context, key, length, parameters) == 1) return context;
    EVP_MAC_CTX_free(context);
    return NULL;
}

// Subject alternative names

static inline int fl_general_names_count(const GENERAL_NAMES *names) { return sk_GENERAL_NAME_num(names); }

/// The bytes of name `index` if it is a URI, else NULL.
static inline const unsigned char *fl_general_names_uri(const GENERAL_NAMES *names, int index, int *length) {
    const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, index);
    if (name == NULL || name->type != GEN_URI) return NULL;
    *length = ASN1_STRING_length(name->d.uniformResourceIdentifier);
    return ASN1_STRING_get0_data(name->d.uniformResourceIdentifier);
}

/// Appends a URI to `names`; 1 on success.
static inline int fl_general_names_add_uri(GENERAL_NAMES *names, const char *text, int length) {
    ASN1_IA5STRING *uri = ASN1_IA5STRING_new();
    GENERAL_NAME *name = GENERAL_NAME_new();
    if (uri == NULL || name == NULL || ASN1_STRING_set(uri, text, length) != 1) {
        ASN1_IA5STRING_free(uri);
        GENERAL_NAME_free(name);
        return 0;
    }
    GENERAL_NAME_set0_value(name, GEN_URI, uri);
    if (sk_GENERAL_NAME_push(names, name) > 0) return 1;
    GENERAL_NAME_free(name);
    return 0;
}

// Certificate extensions

static inline void fl_extension_context(X509V3_CTX *ctx, X509 *issuer, X509 *subject) {
    X509V3_set_ctx_nodb(ctx);
    X509V3_set_ctx(ctx, issuer, subject, NULL, NULL, 0);
}

static inline void fl_extension_context_crl(X509V3_CTX *ctx, X509 *issuer, X509_CRL *crl) {
    X509V3_set_ctx_nodb(ctx);
    X509V3_set_ctx(ctx, issuer, NULL, NULL, crl, 0);
}

#endif
