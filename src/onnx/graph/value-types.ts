import { create } from "@bufbuild/protobuf";
import {
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorTypeSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "../proto/onnx-pb.ts";
import type { OrtType } from "../session.ts";

/** ONNX's numbers for the element types that cross a boundary. */
export const elementCode: Readonly<Record<OrtType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
};

/** Declares a tensor; a text is a named dimension, null one of unknown size. */
export function declareValue(
  name: string,
  elementType: number,
  shape: readonly (number | string | null)[] | null,
): ValueInfoProto {
  const dim = (shape ?? []).map((size) =>
    create(TensorShapeProto_DimensionSchema, {
      value:
        size === null
          ? { case: undefined }
          : typeof size === "number"
            ? { case: "dimValue", value: BigInt(size) }
            : { case: "dimParam", value: size },
    }),
  );
  const tensorType = create(TypeProto_TensorTypeSchema, {
    elemType: elementType,
    ...(shape && { shape: create(TensorShapeProtoSchema, { dim }) }),
  });
  return create(ValueInfoProtoSchema, { name, type: create(TypeProtoSchema, { tensorType }) });
}

/** A declaration of which only the name is known; the runtime infers the rest. */
export function nameOnly(name: string): ValueInfoProto {
  return create(ValueInfoProtoSchema, { name });
}

/** Declared shape: numbers where fixed, text where named, null where unknown; null when no shape is declared. */
export function shapeOf(value: ValueInfoProto): (number | string | null)[] | null {
  const dims = value.type?.tensorType?.shape?.dim;
  if (dims === undefined) return null;
  return dims.map(({ value: size }) =>
    size.case === "dimValue" ? Number(size.value) : size.case === "dimParam" && size.value !== "" ? size.value : null,
  );
}
