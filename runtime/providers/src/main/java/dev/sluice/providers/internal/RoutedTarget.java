package dev.sluice.providers.internal;

import dev.sluice.ai.AiFormat;
import dev.sluice.ai.ModelRouter.BodyDecoder;
import dev.sluice.ai.ModelRouter.Target;
import dev.sluice.ai.ModelRouter.Timeouts;
import dev.sluice.ai.ProviderRequest;
import dev.sluice.plugin.Headers;
import dev.sluice.providers.internal.Breaker.Standing;
import dev.sluice.providers.internal.ProviderApi.Asked;
import org.jspecify.annotations.Nullable;

/** Is one attempt at a target with a key. Loop-bound. */
final class RoutedTarget implements Target {
  final LiveTarget target;
  final Asked asked;
  final Standing standing;

  /** How the key stood; null without a key. */
  final @Nullable Standing keyStanding;

  RoutedTarget(LiveTarget target, Asked asked, Standing standing, @Nullable Standing keyStanding) {
    this.target = target;
    this.asked = asked;
    this.standing = standing;
    this.keyStanding = keyStanding;
  }

  @Override
  public String upstream() {
    return target.provider.upstream;
  }

  @Override
  public String provider() {
    return target.provider.spec.name();
  }

  @Override
  public String model() {
    return asked.model();
  }

  @Override
  public AiFormat format() {
    return target.format;
  }

  @Override
  public String authority() {
    return target.provider.authority;
  }

  @Override
  public Timeouts timeouts() {
    return target.timeouts;
  }

  @Override
  public boolean streamUsage() {
    return target.provider.spec.streamUsage();
  }

  @Override
  public ProviderRequest framed(ProviderRequest request) {
    return target.provider.api.framed(asked, request);
  }

  @Override
  public void sign(ProviderRequest request, Headers headers) {
    target.provider.api.complete(asked, request, headers);
  }

  @Override
  public @Nullable BodyDecoder decoder() {
    return target.provider.api.decoder(target.spec);
  }
}
