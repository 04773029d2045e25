${head}
${memory}
typedef struct {
${ring}    LoadMemory network;
} LoadEstimator;

${tail}
