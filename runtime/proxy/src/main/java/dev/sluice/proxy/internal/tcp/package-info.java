/** TCP listeners: connections whose bytes pass NETWORK plugins on their way to an upstream. */
@NullMarked
package dev.sluice.proxy.internal.tcp;

import org.jspecify.annotations.NullMarked;
