${head}
${states}
${memory}
typedef struct {
${ring}${filter}    LoadMemory network;
    LoadEstimate joined;
} LoadEstimator;

${tail}
