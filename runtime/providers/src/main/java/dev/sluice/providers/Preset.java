package dev.sluice.providers;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Is a provider that is known by its name.
 *
 * @param format what it speaks
 * @param baseUrl where its API is, or empty where that is different for everyone
 * @param streamUsage whether it knows {@code stream_options.include_usage}
 */
public record Preset(ProviderFormat format, String baseUrl, boolean streamUsage) {
  private static final Map<String, Preset> ALL = new TreeMap<>();

  static {
    openAi("openai", "https://api.openai.com/v1");
    openAi("baichuan", "https://api.baichuan-ai.com/v1");
    openAi("cerebras", "https://api.cerebras.ai/v1");
    openAi("cohere", "https://api.cohere.ai/compatibility/v1");
    openAi("deepinfra", "https://api.deepinfra.com/v1/openai");
    openAi("deepseek", "https://api.deepseek.com/v1");
    openAi("doubao", "https://ark.cn-beijing.volces.com/api/v3");
    openAi("fireworks", "https://api.fireworks.ai/inference/v1");
    openAi("groq", "https://api.groq.com/openai/v1");
    openAi("huggingface", "https://router.huggingface.co/v1");
    openAi("hunyuan", "https://api.hunyuan.cloud.tencent.com/v1");
    openAi("lmstudio", "http://127.0.0.1:1234/v1");
    openAi("minimax", "https://api.minimaxi.com/v1");
    openAi("moonshot", "https://api.moonshot.cn/v1");
    openAi("nvidia", "https://integrate.api.nvidia.com/v1");
    openAi("ollama", "http://127.0.0.1:11434/v1");
    openAi("openrouter", "https://openrouter.ai/api/v1");
    openAi("qwen", "https://dashscope.aliyuncs.com/compatible-mode/v1");
    openAi("qwen-intl", "https://dashscope-intl.aliyuncs.com/compatible-mode/v1");
    openAi("sambanova", "https://api.sambanova.ai/v1");
    openAi("siliconflow", "https://api.siliconflow.cn/v1");
    openAi("stepfun", "https://api.stepfun.com/v1");
    openAi("together", "https://api.together.xyz/v1");
    openAi("vllm", "http://127.0.0.1:8000/v1");
    openAi("xai", "https://api.x.ai/v1");
    openAi("zhipu", "https://open.bigmodel.cn/api/paas/v4");
    // These say their usage in the last frame unasked, and refuse or ignore the question.
    ALL.put("mistral", new Preset(ProviderFormat.OPENAI, "https://api.mistral.ai/v1", false));
    ALL.put("perplexity", new Preset(ProviderFormat.OPENAI, "https://api.perplexity.ai", false));
    ALL.put(
        "anthropic", new Preset(ProviderFormat.ANTHROPIC, "https://api.anthropic.com/v1", true));
    ALL.put(
        "gemini",
        new Preset(
            ProviderFormat.GEMINI, "https://generativelanguage.googleapis.com/v1beta", true));
    ALL.put("azure", new Preset(ProviderFormat.AZURE, "", true));
    ALL.put("bedrock", new Preset(ProviderFormat.BEDROCK, "", true));
  }

  private static void openAi(String name, String baseUrl) {
    ALL.put(name, new Preset(ProviderFormat.OPENAI, baseUrl, true));
  }

  /** Returns the preset of a name. */
  public static Optional<Preset> of(String name) {
    return Optional.ofNullable(ALL.get(name));
  }

  /** Returns the names of all, in their order. */
  public static List<String> names() {
    return List.copyOf(ALL.keySet());
  }
}
