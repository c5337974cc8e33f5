/** Describes routes and finds the one that fits a request. */
@NullMarked
package dev.sluice.proxy.route;

import org.jspecify.annotations.NullMarked;
