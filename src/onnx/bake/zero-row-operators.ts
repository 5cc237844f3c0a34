/**
 * Operators that gave the right answer for a batch of no rows wherever they were tried: ONNX Runtime 1.30 (CPU), operator sets 11, 13, 17,
 * 21 and 24, typical forms and shapes, and inside blocks that the runtime fuses. test/reference/onnx/make-zero-rows.js repeats it,
 * zero-rows.json beside it holds the verdicts.
 */
const passing = `
  Abs Acos Acosh Add AffineGrid And Asin Asinh Atan Atanh AveragePool BatchNormalization BitShift BitwiseAnd
  BitwiseNot BitwiseOr BitwiseXor Cast CastLike Ceil Celu CenterCropPad Clip Col2Im Compress Concat
  ConstantOfShape Conv ConvInteger ConvTranspose Cos Cosh CumSum DFT DepthToSpace DequantizeLinear Det Div Dropout
  DynamicQuantizeLinear Elu Equal Erf Exp Expand EyeLike Flatten Floor Gather GatherElements GatherND Gelu Gemm
  GlobalAveragePool GlobalLpPool GlobalMaxPool Greater GreaterOrEqual GridSample HardSigmoid HardSwish Hardmax
  Identity InstanceNormalization IsInf IsNaN LRN LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax
  LpNormalization LpPool MatMulInteger Max MaxPool MaxRoiPool MaxUnpool Mean MeanVarianceNormalization Min Mish
  Mod Mul Neg NonMaxSuppression NonZero Not OneHot Or PRelu Pow QLinearConv QLinearMatMul QuantizeLinear
  RMSNormalization RNN Range Reciprocal Relu Resize ReverseSequence RoiAlign RotaryEmbedding Round STFT
  ScatterElements ScatterND Selu Shape Shrink Sigmoid Sign Sin Sinh Size Slice Softmax Softplus Softsign
  SpaceToDepth Split Sqrt Squeeze Sub Sum Swish Tan Tanh ThresholdedRelu Tile Transpose Trilu Unique Unsqueeze
  Where Xor
`;

/**
 * Operators of which some form throws or gives a wrong shape on no rows (a reduction over a negative axis keeps it), but none ends the
 * process: whether a network's own use passes is tried before it is relied on (zero-row-trial.ts).
 */
const tried = `
  ArgMax ArgMin Attention GroupNormalization MatMul Pad ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax
  ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare
`;

/**
 * Operators that may meet an empty batch. The rest is never run on one: TopK, Einsum, LSTM and GRU end the process, and of what is
 * not listed nothing is known.
 */
export const zeroRowOperators: ReadonlySet<string> = new Set(`${passing} ${tried} Constant`.trim().split(/\s+/));
