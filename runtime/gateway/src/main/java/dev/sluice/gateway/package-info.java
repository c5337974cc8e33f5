/** The command line, the demo and the assembly of the distribution. */
@NullMarked
package dev.sluice.gateway;

import org.jspecify.annotations.NullMarked;
