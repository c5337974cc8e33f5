/** Drives whole gateways with real clients, upstreams and plugins. */
@NullMarked
package dev.sluice.acceptance;

import org.jspecify.annotations.NullMarked;
