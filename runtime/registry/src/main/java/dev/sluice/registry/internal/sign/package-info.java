/** Makes and checks signatures in the two forms that cosign uses. */
@NullMarked
package dev.sluice.registry.internal.sign;

import org.jspecify.annotations.NullMarked;
