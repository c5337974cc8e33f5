/** Chooses and connects to the endpoints of upstreams. */
@NullMarked
package dev.sluice.proxy.internal.upstream;

import org.jspecify.annotations.NullMarked;
