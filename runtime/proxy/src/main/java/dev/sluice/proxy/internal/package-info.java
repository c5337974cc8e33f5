/** Is the inside of the proxy; nothing here is for other modules. */
@NullMarked
package dev.sluice.proxy.internal;

import org.jspecify.annotations.NullMarked;
