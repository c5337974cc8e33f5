/**
 * Proxies exchanges: routes them, runs their filter chains and tries upstreams, under immutable
 * snapshots of the configuration. Knows plugins only by the interfaces of {@code
 * dev.sluice.plugin.engine}.
 */
@NullMarked
package dev.sluice.proxy;

import org.jspecify.annotations.NullMarked;
