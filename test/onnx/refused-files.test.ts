import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { EexitError, type ErrorCode } from "../../src/errors.ts";
import { readModel } from "../../src/onnx/model.ts";
import { type ModelProto, StringStringEntryProtoSchema } from "../../src/onnx/proto/onnx-pb.ts";
import { openSession } from "../../src/onnx/session.ts";
import { seededRandom } from "../../src/stats/random.ts";
import { bytesOf } from "../support/onnx-graphs.ts";
import { scratchFolder } from "../support/scratch.ts";
import { residual } from "./models/dense-layers.ts";

const scratch = scratchFolder();
const whole = bytesOf(residual({}));

/** What readModel says of a path, which has to be a refusal of ours. */
function refusal(path: string): EexitError {
  try {
    readModel(path);
  } catch (error) {
    if (error instanceof EexitError) return error;
    throw error;
  }
  throw new Error(`${path} was read`);
}

function expectRefusal(path: string, code: ErrorCode, says: RegExp): void {
  const error = refusal(path);
  expect(error.code).toBe(code);
  expect(error.message).toMatch(says);
  expect(error.message).toContain(path);
  expect(error.hint).not.toBeNull();
}

const file = (name: string, bytes: Uint8Array) => scratch.write(name, bytes);

describe("files that are no models", () => {
  it("nothing at the path, or a folder", () => {
    expectRefusal(scratch.path("absent.onnx"), "file-missing", /no such file, expected an ONNX model$/);
    expectRefusal(scratch.path("."), "file-unreadable", /is a folder without manifest\.json/);
    expectRefusal(`${file("file.onnx", whole)}/inner.onnx`, "file-unreadable", /cannot be read \(ENOTDIR\)/);
  });

  it("an empty file", () => {
    expectRefusal(file("empty.onnx", new Uint8Array(0)), "model-invalid", /holds no graph with outputs/);
  });

  it("a file that ends too early, wherever it was cut", () => {
    const cut = (length: number) => file(`cut${length}.onnx`, whole.subarray(0, length));
    expectRefusal(cut(1000), "model-invalid", /not a complete ONNX file \(1000 bytes of broken protocol buffers\)/);
    // Between two fields the bytes before are valid: then something that a model needs is missing.
    for (let length = 0; length < whole.length; length += 7) {
      expect(refusal(cut(length)).code).toBe("model-invalid");
    }
  });

  it("random bytes, and files of other kinds", () => {
    const random = seededRandom(4);
    for (const length of [1, 2, 10, 100, 1000]) {
      for (let trial = 0; trial < 20; trial++) {
        const bytes = Uint8Array.from({ length }, () => random.integer(256));
        expect(refusal(file("random.onnx", bytes)).code).toBe("model-invalid");
      }
    }
    for (const text of [
      "PK\x03\x04 a zip",
      "\x93NUMPY",
      "{}",
      "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a",
    ]) {
      expect(refusal(file("other.onnx", Buffer.from(text, "latin1"))).code).toBe("model-invalid");
    }
  });
});

describe("operator sets that are not known", () => {
  const withOpset = (name: string, change: (proto: ModelProto) => void) => {
    const proto = residual({});
    change(proto);
    return file(name, bytesOf(proto));
  };
  const to = (version: number) => (proto: ModelProto) => {
    proto.opsetImport[0].version = BigInt(version);
  };

  it("too new, too old, or not given", () => {
    for (const version of [99, 27, 6]) {
      const says = new RegExp(`: operator set ${version}, expected 7 to 26$`);
      expectRefusal(withOpset("opset.onnx", to(version)), "model-invalid", says);
    }
    const none = withOpset("none.onnx", (proto) => {
      proto.opsetImport = [];
    });
    expectRefusal(none, "model-invalid", /: operator set not given, expected 7 to 26$/);
    const other = withOpset("other.onnx", (proto) => {
      proto.opsetImport[0].domain = "com.microsoft";
    });
    expectRefusal(other, "model-invalid", /: operator set not given/);
  });

  it("27 is beyond what the runtime promises, as the bound says", async () => {
    const proto = residual({});
    to(27)(proto);
    await expect(openSession(bytesOf(proto), "newer")).rejects.toMatchObject({ code: "model-invalid" });
  });
});

describe("weights in files beside the model", () => {
  /** The first weight (6 × 8 floats, 192 bytes) lies elsewhere. */
  function outside(entries: Record<string, string>): string {
    const proto = residual({});
    const [tensor] = proto.graph!.initializer;
    tensor.rawData = new Uint8Array(0);
    tensor.dataLocation = 1;
    tensor.externalData = Object.entries(entries).map(([key, value]) =>
      create(StringStringEntryProtoSchema, { key, value }),
    );
    return file("outside.onnx", bytesOf(proto));
  }
  const data = file("w.data", new Uint8Array(200));

  it("are read where offset and length fit", () => {
    const model = readModel(outside({ location: "w.data", offset: "8", length: "192" }));
    expect(model.graph.initializer[0].rawData.length).toBe(192);
    expect(readModel(outside({ location: "./w.data", offset: "8" })).graph.initializer[0].rawData.length).toBe(192);
  });

  it("missing, or no file", () => {
    expectRefusal(
      outside({ location: "gone.data" }),
      "file-missing",
      /gone\.data: no such file, expected the external/,
    );
    expectRefusal(outside({ location: "." }), "file-missing", /no such file/);
    expectRefusal(outside({ location: "w\0.data" }), "file-missing", /no such file/);
  });

  it("cut short, or with impossible places", () => {
    const path = outside({ location: "w.data", offset: "64", length: "192" });
    expectRefusal(path, "file-truncated", /w\.data: 200 bytes, expected bytes 64 to 256 for h1_sum_w of /);
    expect(refusal(path).message).toContain(data);
    for (const place of [
      { offset: "300" },
      { offset: "-8", length: "192" },
      { offset: "8", length: "-1" },
      { offset: "1.5", length: "8" },
      { offset: "many" },
      { length: "1e400" },
    ]) {
      expect(refusal(outside({ location: "w.data", ...place })).code).toBe("file-truncated");
    }
  });

  it("outside the model's folder", () => {
    for (const location of ["../w.data", "a/../../w.data", data, "/etc/hostname", "", ".."]) {
      expectRefusal(
        outside({ location }),
        "model-invalid",
        /weights of h1_sum_w lie at ".*", expected a file beside the model$/,
      );
    }
    expectRefusal(outside({}), "model-invalid", /lie at "", expected a file beside/);
  });
});
