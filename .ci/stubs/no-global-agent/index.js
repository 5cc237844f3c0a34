// onnxruntime-node's post-install script calls bootstrap() on its first line and would then
// download CUDA libraries from outside the package registry. eexit needs only the CPU binary
// that the package itself carries, so the script ends here, successfully and silently.
exports.bootstrap = () => process.exit(0);
