package dev.sluice.http;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Says how connections to an upstream do TLS; the certificate and its host name are verified by
 * default.
 *
 * @param ca authorities to trust, or null for those of the JDK
 * @param sni the server name to ask for and verify, or null for the endpoint's host
 * @param clientCert a client certificate, or null
 * @param insecureSkipVerify trusts anyone; for development only
 */
public record ClientTls(
    @Nullable Path ca,
    @Nullable String sni,
    ServerTls.@Nullable KeyPairFiles clientCert,
    boolean insecureSkipVerify) {}
