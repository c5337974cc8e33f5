/** The calls that plugins make to upstreams of their own accord, by HTTP and gRPC. */
@NullMarked
package dev.sluice.proxy.internal.callout;

import org.jspecify.annotations.NullMarked;
