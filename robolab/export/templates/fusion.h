${head}
${states}
${memory}
${squares}
typedef struct {
${ring}${filter}    LoadSquares squares;
    LoadMemory network;
    LoadEstimate joined;
} LoadEstimator;

${tail}
