import { EexitError } from "../errors.ts";

/** Element types that cross the border to ONNX Runtime, by its names. */
export type OrtType = keyof typeof arrayByType;

const arrayByType = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
} as const;

export type Elements = InstanceType<(typeof arrayByType)[OrtType]>;

/** A tensor in memory: float16 as bit patterns, bool as 0 and 1. */
export interface Values {
  readonly type: OrtType;
  readonly data: Elements;
  readonly dims: readonly number[];
}

/** A declared input or output; −1 stands for a dimension that is not fixed. */
export interface Declared {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[];
}

export interface Session {
  readonly inputs: readonly Declared[];
  readonly outputs: readonly Declared[];
  /** @param wanted outputs to return; all by default */
  run(feeds: ReadonlyMap<string, Values>, wanted?: readonly string[]): Promise<Map<string, Values>>;
  release(): Promise<void>;
}

export interface SessionOptions {
  /** 0: as many as the runtime chooses. */
  readonly threads: number;
  readonly provider: string;
  /**
   * Whether several sessions take turns on the cores: threads then stop spinning when a run ends, instead of spinning on the
   * cores that another session works on (conv stages on two cores: 0.9 × the full network's speed with spinning, 1.6 × without).
   */
  readonly sharing?: boolean;
  /** Off for probing: fused operators have no intermediate tensors to look at. */
  readonly optimize: boolean;
}

export const defaultSession: SessionOptions = { threads: 0, provider: "cpu", optimize: true };

/** An array of the right kind for a type. */
export function newElements(type: OrtType, length: number): Elements {
  return new arrayByType[type](length);
}

export function isOrtType(type: string): type is OrtType {
  return Object.hasOwn(arrayByType, type);
}

/**
 * Loads a model into ONNX Runtime. The package (288 MB) is loaded at the first call, and may be absent where no model is run.
 *
 * @param source a path (external data beside it is found) or the model's bytes
 * @param name for messages
 * @throws EexitError `runtime-missing` or `model-invalid`
 */
export async function openSession(
  source: string | Uint8Array,
  name: string,
  options: SessionOptions = defaultSession,
): Promise<Session> {
  const ort = await loadRuntime();
  const settings = {
    executionProviders: [options.provider],
    graphOptimizationLevel: options.optimize ? ("all" as const) : ("disabled" as const),
    logSeverityLevel: 4 as const,
    ...(options.threads > 0 && { intraOpNumThreads: options.threads }),
    ...(options.sharing && { extra: { session: { force_spinning_stop: "1" } } }),
  };
  assertProvider(
    options.provider,
    ort.listSupportedBackends().map((backend) => backend.name),
  );
  let session: import("onnxruntime-node").InferenceSession;
  try {
    session = await (typeof source === "string"
      ? ort.InferenceSession.create(source, settings)
      : ort.InferenceSession.create(source, settings));
  } catch (error) {
    throw new EexitError(
      "model-invalid",
      `${name}: ONNX Runtime cannot load it (${reason(error)})`,
      "check the model with onnx.checker.check_model and the operators that this runtime knows",
    );
  }
  return wrap(ort, session, name);
}

function wrap(
  ort: typeof import("onnxruntime-node"),
  session: import("onnxruntime-node").InferenceSession,
  name: string,
): Session {
  const outputs = session.outputMetadata.map(declared);
  const names = outputs.map((output) => output.name);
  return {
    inputs: session.inputMetadata.map(declared),
    outputs,
    async run(feeds, wanted = names) {
      const given: Record<string, import("onnxruntime-node").Tensor> = {};
      for (const [input, { type, data, dims }] of feeds) {
        given[input] = new ort.Tensor(type as "float32", data as Float32Array, dims);
      }
      let results: import("onnxruntime-node").InferenceSession.ReturnType;
      try {
        results = await session.run(given, wanted);
      } catch (error) {
        throw new EexitError(
          "model-failed",
          `${name}: the model fails on this input (${reason(error)})`,
          "check the shapes and values of the input; see --input and --batch",
        );
      }
      return new Map(wanted.map((output) => [output, valuesOf(results[output] as import("onnxruntime-node").Tensor)]));
    },
    release: () => session.release(),
  };
}

function valuesOf(tensor: import("onnxruntime-node").Tensor): Values {
  return { type: tensor.type as OrtType, data: tensor.data as Elements, dims: tensor.dims };
}

function declared(value: import("onnxruntime-node").InferenceSession.ValueMetadata): Declared {
  if (!value.isTensor) return { name: value.name, type: "not a tensor", shape: [] };
  return {
    name: value.name,
    type: value.type,
    shape: value.shape.map((size) => (typeof size === "number" ? size : -1)),
  };
}

/** The runtime's message without its source positions and C++ signatures, which help nobody here. */
function reason(error: unknown): string {
  const [line] = (error instanceof Error ? error.message : String(error)).split("\n");
  return line
    .replace(/^(\[ONNXRuntimeError\] : \d+ : )?[A-Z_]+ : /, "")
    .replace(/\/[^\s:]*onnxruntime[^\s:]*:\d+ /g, "")
    .replace(/\b[\w:~]*(void|bool|Status) onnxruntime::[^ ]*\([^)]*\)( const)? /g, "")
    .replace(/\bonnxruntime::[\w:~]+\([^)]*\)( const)? /g, "")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, 300);
}

function assertProvider(provider: string, known: readonly string[]): void {
  if (known.includes(provider)) return;
  throw new EexitError(
    "bad-usage",
    `--provider ${provider}: not in this build of onnxruntime-node, expected one of ${known.join(", ")}`,
    "use --provider cpu",
  );
}

/**
 * Loads the package. Where the engine has a Float16Array of its own (Node 24), onnxruntime-common would wrap float16 tensors in it,
 * which the native binding cannot read; the package looks for it when its first tensor is made, so it is hidden for that moment.
 */
async function loadRuntime(): Promise<typeof import("onnxruntime-node")> {
  const ort = await importRuntime();
  const engine = globalThis as { Float16Array?: unknown };
  const own = engine.Float16Array;
  if (own !== undefined) {
    delete engine.Float16Array;
    new ort.Tensor("float32", new Float32Array(1), [1]);
    engine.Float16Array = own;
  }
  return ort;
}

async function importRuntime(): Promise<typeof import("onnxruntime-node")> {
  try {
    const loaded = await import("onnxruntime-node");
    return (loaded as unknown as { default?: typeof loaded }).default ?? loaded;
  } catch (error) {
    throw new EexitError(
      "runtime-missing",
      `onnxruntime-node: cannot be loaded (${(error as Error).message.split("\n")[0]}), expected it for commands that run models`,
      "install it beside eexit: npm install onnxruntime-node --ignore-scripts (no binary exists for Intel Macs)",
    );
  }
}
