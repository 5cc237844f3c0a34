const { NODE_EXTRA_CA_CERTS: _, ...rest } = process.env;

/**
 * The environment of the processes that are measured. Where `NODE_EXTRA_CA_CERTS` names a system's certificates, Node 20 parses all of them
 * at every start (40 ms for 144), which nothing here asks for; and a ratio of processor time must not depend on how many cores idle.
 */
export const environment: NodeJS.ProcessEnv = { ...rest, OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1" };
