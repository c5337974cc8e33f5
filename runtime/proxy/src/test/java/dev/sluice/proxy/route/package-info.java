@NullMarked
package dev.sluice.proxy.route;

import org.jspecify.annotations.NullMarked;
