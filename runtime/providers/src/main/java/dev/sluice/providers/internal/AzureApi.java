package dev.sluice.providers.internal;

import dev.sluice.ai.AiFormat;
import dev.sluice.ai.AiProtocol;
import dev.sluice.ai.ProviderRequest;
import dev.sluice.plugin.Headers;
import dev.sluice.providers.ModelTarget;
import dev.sluice.providers.ProviderSpec;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;

/**
 * Is OpenAI's API in Azure. With a version the deployment, which is the model here, stands in the
 * path of most operations; without one it is Azure's {@code /openai/v1}, which is like OpenAI's.
 */
final class AzureApi implements ProviderApi {
  private final String root;
  private final String version;
  private final Credentials credentials;

  AzureApi(ProviderSpec spec) {
    root = spec.basePath().replaceFirst("/openai(/v1)?$", "") + "/openai";
    version = spec.apiVersion().equals("v1") ? "" : spec.apiVersion();
    credentials = new Credentials(spec, "api-key");
  }

  @Override
  public AiFormat format(ModelTarget target) {
    return AiFormat.OPENAI;
  }

  @Override
  public void complete(Asked asked, ProviderRequest request, Headers headers) {
    headers.set(":path", path(asked.model(), request));
    credentials.addTo(headers, asked.key());
  }

  private String path(String deployment, ProviderRequest request) {
    if (version.isEmpty()) {
      return root + "/v1" + request.path();
    }
    var query = "?api-version=" + encoded(version);
    boolean deployed =
        request.protocol() == AiProtocol.OPENAI_CHAT
            || request.protocol() == AiProtocol.OPENAI_COMPLETIONS
            || request.protocol() == AiProtocol.OPENAI_EMBEDDINGS;
    return deployed
        ? root + "/deployments/" + encoded(deployment) + request.path() + query
        : root + request.path() + query;
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
